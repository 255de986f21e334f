#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/all_forms.h"

namespace orch::kernels {
namespace {

struct Case {
  std::int64_t windows, length, heads, kv_heads, head_dim, gap;
};

/// q, k and v are parts of one fused buffer, as the model has them; `gap` floats lie between
/// tokens.
AttentionShape shape_of(const Case& c) {
  const std::int64_t fused = (c.heads + 2 * c.kv_heads) * c.head_dim + c.gap;
  return {.windows = c.windows,
          .length = c.length,
          .heads = c.heads,
          .kv_heads = c.kv_heads,
          .head_dim = c.head_dim,
          .q_stride = fused,
          .kv_stride = fused,
          .out_stride = c.heads * c.head_dim + c.gap,
          .scale = 1.0F / std::sqrt(static_cast<float>(c.head_dim))};
}

void forward(const Ops& ops, const Pointers& p, const AttentionShape& s) {
  const float* qkv = p.f[2];
  ops.attention_forward(p.f[0], p.f[1], qkv, qkv + s.heads * s.head_dim,
                        qkv + (s.heads + s.kv_heads) * s.head_dim, p.i[0], s, nullptr);
}

Arrays forward_arrays(const AttentionShape& s, std::vector<float> qkv,
                      std::vector<std::int32_t> starts) {
  const std::int64_t tokens = s.windows * s.length;
  // Gaps are not the op's to write: zeros, so that they compare.
  return {.f = {std::vector<float>(static_cast<std::size_t>(tokens * s.out_stride)),
                poison(tokens * s.heads), std::move(qkv)},
          .i = {std::move(starts)},
          .bytes = {}};
}

class Attention : public testing::TestWithParam<Case> {};

TEST_P(Attention, ForwardAndBackward) {
  const AttentionShape s = shape_of(GetParam());
  const std::int64_t tokens = s.windows * s.length;
  const auto starts = random_segments(s.windows, s.length);
  const auto qkv = random_floats(tokens * s.q_stride, 2);
  const Arrays arrays = forward_arrays(s, qkv, starts);
  const auto call = [&](const Ops& ops, const Pointers& p) { forward(ops, p, s); };
  expect_all_forms(arrays, 3e-6, call);

  const Arrays saved = run_reference(arrays, call);
  Arrays gradient{.f = {random_floats(tokens * s.q_stride), random_floats(tokens * s.out_stride),
                        saved.f[0], saved.f[1], qkv},
                  .i = {starts},
                  .bytes = {}};
  expect_all_forms(gradient, 1e-5, [&](const Ops& ops, const Pointers& p) {
    const std::int64_t k = s.heads * s.head_dim;
    const std::int64_t v = k + s.kv_heads * s.head_dim;
    ops.attention_backward(p.f[0], p.f[0] + k, p.f[0] + v, p.f[1], p.f[2], p.f[3], p.f[4],
                           p.f[4] + k, p.f[4] + v, p.i[0], s, nullptr);
  });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Attention,
                         testing::Values(Case{1, 1, 1, 1, 1, 0}, Case{2, 5, 2, 1, 3, 1},
                                         Case{3, 17, 4, 2, 16, 0}, Case{4, 64, 4, 4, 32, 0},
                                         Case{1, 100, 6, 2, 20, 7}, Case{2, 33, 3, 3, 64, 0},
                                         Case{1, 40, 2, 1, 128, 0}));

TEST(Attention, PackedDocumentsEqualSeparateOnesBitByBit) {
  const std::vector<std::int64_t> lengths = {7, 1, 30, 16, 21};
  const auto shape = [](std::int64_t length) { return shape_of({1, length, 4, 2, 32, 0}); };
  const AttentionShape packed = shape(75);
  const auto qkv = random_floats(75 * packed.q_stride, 2);
  std::vector<std::int32_t> starts;
  for (const std::int64_t length : lengths) {
    starts.insert(starts.end(), static_cast<std::size_t>(length),
                  static_cast<std::int32_t>(starts.size()));
  }
  const auto run = [](const AttentionShape& s, std::vector<float> inputs,
                      std::vector<std::int32_t> segment_start) {
    return run_cpu(cpu_ops(), forward_arrays(s, std::move(inputs), std::move(segment_start)),
                   [&](const Ops& ops, const Pointers& p) { forward(ops, p, s); })
        .f[0];
  };
  const auto all = run(packed, qkv, starts);
  std::int64_t at = 0;
  for (const std::int64_t length : lengths) {
    const auto part = [&](const std::vector<float>& x, std::int64_t stride) {
      return std::vector<float>(x.begin() + at * stride, x.begin() + (at + length) * stride);
    };
    const auto alone = run(shape(length), part(qkv, packed.q_stride),
                           std::vector<std::int32_t>(static_cast<std::size_t>(length), 0));
    expect_same_bits(alone, part(all, packed.out_stride), "document of " + std::to_string(length));
    at += length;
  }
}

TEST(Attention, LateQueriesOverACacheEqualTheWholeWindowBitByBit) {
  const AttentionShape whole = shape_of({2, 53, 4, 2, 32, 0});
  const auto qkv = random_floats(2 * 53 * whole.q_stride, 2);
  const auto starts = random_segments(2, 53);
  const auto call = [](const AttentionShape& s, std::int64_t kv_at) {
    return [&s, kv_at](const Ops& ops, const Pointers& p) {
      ops.attention_forward(p.f[0], p.f[1], p.f[3], p.f[2] + kv_at, p.f[2] + kv_at + 64, p.i[0], s,
                            nullptr);
    };
  };
  const auto arrays = [&](const AttentionShape& s) {
    std::vector<float> queries;
    std::vector<std::int32_t> late;
    for (std::int64_t t = 0; t < 2 * 53; ++t) {
      if (t % 53 < s.first_query) continue;
      const auto row = qkv.begin() + t * s.q_stride;
      queries.insert(queries.end(), row, row + s.q_stride);
      late.push_back(starts[static_cast<std::size_t>(t)]);
    }
    const std::int64_t n = 2 * s.queries();
    return Arrays{.f = {poison(n * s.out_stride), poison(n * s.heads), qkv, queries},
                  .i = {late},
                  .bytes = {}};
  };
  const auto all = run_cpu(cpu_ops(), arrays(whole), call(whole, 128)).f[0];
  for (const std::int64_t first : {1, 16, 40, 52}) {
    AttentionShape late = whole;
    late.first_query = first;
    expect_all_forms(arrays(late), 3e-6, call(late, 128));
    const auto some = run_cpu(cpu_ops(), arrays(late), call(late, 128)).f[0];
    std::vector<float> want;
    for (std::int64_t t = 0; t < 2 * 53; ++t) {
      const auto row = all.begin() + t * whole.out_stride;
      if (t % 53 >= first) want.insert(want.end(), row, row + whole.out_stride);
    }
    expect_same_bits(some, want, "queries from " + std::to_string(first));
  }
}

}  // namespace
}  // namespace orch::kernels
