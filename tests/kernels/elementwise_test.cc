// SwiGLU, AdamW, rotary embedding and its tables, token embedding, vector sums.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/all_forms.h"

namespace orch::kernels {
namespace {

struct RowShape {
  std::int64_t rows, dim;
  double tolerance;
};

class Elementwise : public testing::TestWithParam<RowShape> {};

TEST_P(Elementwise, SwigluForwardOnFusedHalves) {
  const auto [rows, dim, tolerance] = GetParam();
  const std::int64_t stride = 2 * dim + 3;
  expect_all_forms(
      {.f = {random_floats(rows * dim), random_floats(rows * stride, 30)}, .i = {}, .bytes = {}},
      tolerance, [&](const Ops& ops, const Pointers& p) {
        ops.swiglu_forward(p.f[0], p.f[1], p.f[1] + dim, rows, dim, stride, dim, nullptr);
      });
}

TEST_P(Elementwise, SwigluBackwardInPlaceAndApart) {
  const auto [rows, dim, tolerance] = GetParam();
  const auto gate = random_floats(rows * dim, 20);
  const auto up = random_floats(rows * dim, 2);
  const auto dy = random_floats(rows * dim);
  expect_all_forms({.f = {gate, up, dy}, .i = {}, .bytes = {}}, tolerance * 4,
                   [&](const Ops& ops, const Pointers& p) {
                     ops.swiglu_backward(p.f[0], p.f[1], p.f[2], p.f[0], p.f[1], rows, dim, dim,
                                         dim, nullptr);
                   });
  expect_all_forms(
      {.f = {gate, up, dy, poison(rows * dim), poison(rows * dim)}, .i = {}, .bytes = {}},
      tolerance * 4, [&](const Ops& ops, const Pointers& p) {
        ops.swiglu_backward(p.f[3], p.f[4], p.f[2], p.f[0], p.f[1], rows, dim, dim, dim, nullptr);
      });
}

TEST_P(Elementwise, AdamWTakesSteps) {
  const auto [rows, dim, tolerance] = GetParam();
  const std::int64_t n = rows * dim;
  auto second = random_floats(n);
  for (float& v : second) v = std::abs(v);
  for (const std::int64_t step : {1, 1000}) {
    const AdamWStep numbers{.lr = 3e-3,
                            .beta1 = 0.9,
                            .beta2 = 0.95,
                            .epsilon = 1e-8,
                            .weight_decay = 0.1,
                            .grad_scale = 0.37,
                            .step = step};
    expect_all_forms({.f = {random_floats(n), random_floats(n), second, random_floats(n, 4)},
                      .i = {},
                      .bytes = {}},
                     tolerance, [&](const Ops& ops, const Pointers& p) {
                       ops.adamw(p.f[0], p.f[1], p.f[2], p.f[3], n, numbers, nullptr);
                     });
  }
}

TEST_P(Elementwise, AdamWOfARangeIsThatOfItsParts) {
  const auto [rows, dim, tolerance] = GetParam();
  const std::int64_t n = rows * dim;
  const Arrays arrays{
      .f = {random_floats(n), random_floats(n), std::vector<float>(n, 0.5F), random_floats(n)},
      .i = {},
      .bytes = {}};
  const AdamWStep numbers{.lr = 1e-3};
  const auto whole = run_cpu(cpu_ops(), arrays, [&](const Ops& ops, const Pointers& p) {
    ops.adamw(p.f[0], p.f[1], p.f[2], p.f[3], n, numbers, nullptr);
  });
  const auto parts = run_cpu(cpu_ops(), arrays, [&](const Ops& ops, const Pointers& p) {
    const std::int64_t cut = n / 3;
    ops.adamw(p.f[0] + cut, p.f[1] + cut, p.f[2] + cut, p.f[3] + cut, n - cut, numbers, nullptr);
    ops.adamw(p.f[0], p.f[1], p.f[2], p.f[3], cut, numbers, nullptr);
  });
  for (int k = 0; k < 3; ++k) expect_same_bits(whole.f[k], parts.f[k], "cut range");
}

TEST_P(Elementwise, SumsOverVectors) {
  const auto [rows, dim, tolerance] = GetParam();
  const std::int64_t n = rows * dim;
  expect_all_forms(
      {.f = {random_floats(n), random_floats(n)}, .i = {}, .bytes = {}}, tolerance,
      [&](const Ops& ops, const Pointers& p) { ops.add_into(p.f[0], p.f[1], n, nullptr); });
  expect_all_forms(
      {.f = {random_floats(n, 100)}, .i = {}, .bytes = {}, .number = -1.0}, 1e-12,
      [&](const Ops& ops, const Pointers& p) { ops.sum_squares(p.number, p.f[0], n, nullptr); });
}

TEST_P(Elementwise, EmbeddingGathersAndAddsBackInTokenOrder) {
  const auto [rows, dim, tolerance] = GetParam();
  const std::int64_t tokens = 3 * rows;
  const auto ids = random_integers(tokens, 0, static_cast<std::int32_t>(rows));
  const auto table = random_floats(rows * dim);
  expect_all_forms({.f = {poison(tokens * dim), table}, .i = {ids}, .bytes = {}}, 0.0,
                   [&](const Ops& ops, const Pointers& p) {
                     ops.embedding_gather(p.f[0], p.f[1], p.i[0], tokens, dim, nullptr);
                   });
  // One order for all forms: equal to the reference, not merely close.
  expect_all_forms({.f = {table, random_floats(tokens * dim)}, .i = {ids}, .bytes = {}}, 0.0,
                   [&](const Ops& ops, const Pointers& p) {
                     ops.embedding_scatter_add(p.f[0], p.f[1], p.i[0], tokens, dim, nullptr);
                   });
}

INSTANTIATE_TEST_SUITE_P(Shapes, Elementwise,
                         testing::Values(RowShape{1, 1, 1e-6}, RowShape{3, 7, 1e-6},
                                         RowShape{5, 16, 1e-6}, RowShape{2, 31, 1e-6},
                                         RowShape{7, 352, 1e-6}, RowShape{17, 129, 1e-6}));

struct RopeShape {
  std::int64_t tokens, heads, head_dim, gap;
};

class RotaryEmbedding : public testing::TestWithParam<RopeShape> {};

TEST_P(RotaryEmbedding, TurnsAndTurnsBack) {
  const auto [tokens, heads, head_dim, gap] = GetParam();
  const std::int64_t positions_max = 50;
  const std::int64_t stride = heads * head_dim + gap;
  std::vector<float> cosines(static_cast<std::size_t>(positions_max * head_dim / 2));
  std::vector<float> sines(cosines.size());
  rope_tables(cosines.data(), sines.data(), positions_max, head_dim, 10000.0);
  const Arrays arrays{.f = {random_floats(tokens * stride), cosines, sines},
                      .i = {random_integers(tokens, 0, positions_max)},
                      .bytes = {}};
  for (const bool inverse : {false, true}) {
    expect_all_forms(arrays, 1e-6, [&](const Ops& ops, const Pointers& p) {
      ops.rope(p.f[0], p.i[0], p.f[1], p.f[2], tokens, heads, head_dim, stride, inverse, nullptr);
    });
  }
  const auto back = run_cpu(cpu_ops(), arrays, [&](const Ops& ops, const Pointers& p) {
    for (const bool inverse : {false, true}) {
      ops.rope(p.f[0], p.i[0], p.f[1], p.f[2], tokens, heads, head_dim, stride, inverse, nullptr);
    }
  });
  for (std::size_t i = 0; i < arrays.f[0].size(); ++i) {
    EXPECT_NEAR(back.f[0][i], arrays.f[0][i], 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RotaryEmbedding,
                         testing::Values(RopeShape{1, 1, 2, 0}, RopeShape{3, 2, 6, 5},
                                         RopeShape{9, 4, 32, 64}, RopeShape{5, 3, 34, 1},
                                         RopeShape{2, 8, 128, 0}));

TEST(RopeTables, PositionZeroDoesNotTurnAndTheFirstPairTurnsByOneRadian) {
  std::vector<float> cosines(3 * 4), sines(3 * 4);
  rope_tables(cosines.data(), sines.data(), 3, 8, 500000.0);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(cosines[static_cast<std::size_t>(i)], 1.0F);
    EXPECT_EQ(sines[static_cast<std::size_t>(i)], 0.0F);
  }
  EXPECT_NEAR(cosines[4], std::cos(1.0), 1e-7);
  EXPECT_NEAR(sines[8], std::sin(2.0), 1e-7);
  EXPECT_NEAR(sines[5], std::sin(1.0 / std::pow(500000.0, 0.25)), 1e-7);
}

TEST(RopeTables, Llama3KeepsHighAndDividesLowFrequencies) {
  const RopeScaling scaling{.kind = RopeScaling::Kind::kLlama3,
                            .factor = 8.0,
                            .low_frequency_factor = 1.0,
                            .high_frequency_factor = 4.0,
                            .original_positions = 8192};
  constexpr int kHalf = 64;
  std::vector<float> plain_cos(2 * kHalf), plain_sin(2 * kHalf), cosines(2 * kHalf),
      sines(2 * kHalf);
  rope_tables(plain_cos.data(), plain_sin.data(), 2, 2 * kHalf, 500000.0);
  rope_tables(cosines.data(), sines.data(), 2, 2 * kHalf, 500000.0, scaling);
  EXPECT_EQ(sines[kHalf], plain_sin[kHalf]);
  EXPECT_NEAR(sines[2 * kHalf - 1] * 8.0F, plain_sin[2 * kHalf - 1], 1e-10);
  for (int i = 0; i < kHalf; ++i) {
    const auto at = static_cast<std::size_t>(kHalf + i);
    EXPECT_LE(sines[at], plain_sin[at]);
    EXPECT_GE(sines[at] * 8.001F, std::sin(std::asin(plain_sin[at])));
  }
}

}  // namespace
}  // namespace orch::kernels
