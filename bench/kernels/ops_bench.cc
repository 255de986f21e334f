// Bytes per second of each op on this machine's fastest CPU form, against the ceiling of plain
// copies measured in the same run: one JSON line an op. Sizes are a shard of the demo (256 tokens,
// dim 128, ffn 352, vocabulary 2048), and for whole vectors both cached and out of cache.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "kernels/ops.h"

namespace orch::kernels {
namespace {

constexpr std::int64_t kTokens = 256, kDim = 128, kFfn = 352, kVocabulary = 2048;

/// Seconds of one call: the best of many short rounds, so that a busy machine disturbs little.
double seconds_of(const std::function<void()>& call) {
  const SystemClock clock;
  double best = 1e30;
  for (int round = 0; round < 60; ++round) {
    const TimePoint start = clock.now();
    int calls = 0;
    Duration spent{};
    while (spent < std::chrono::milliseconds(1)) {
      call();
      ++calls;
      spent = clock.now() - start;
    }
    best = std::min(best, std::chrono::duration<double>(spent).count() / calls);
  }
  return best;
}

std::vector<float> filled(std::int64_t n, float scale = 1.0F) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] =
        scale * static_cast<float>(static_cast<int>(i * 2654435761U % 2001) - 1000) / 1000.0F;
  }
  return values;
}

class Bench {
 public:
  Bench(const Ops& ops, double cached, double memory)
      : ops_(ops), cached_(cached), memory_(memory) {}

  /// `floats`: read and written once each, at the least.
  void op(const std::string& name, double floats, const std::function<void()>& call,
          bool in_cache = true) const {
    const double seconds = seconds_of(call);
    const double rate = floats * 4 / seconds;
    std::printf(
        "{\"bench\": \"kernels\", \"op\": \"%s\", \"form\": \"%s\", \"us\": %.2f, "
        "\"gb_per_s\": %.2f, \"of_copy\": %.2f}\n",
        name.c_str(), ops_.name, seconds * 1e6, rate * 1e-9, rate / (in_cache ? cached_ : memory_));
  }

 private:
  const Ops& ops_;
  double cached_, memory_;
};

/// Bytes per second read plus written by memcpy over `floats`.
double copy_rate(std::int64_t floats) {
  auto from = filled(floats);
  std::vector<float> to(from.size());
  const double seconds = seconds_of([&] {
    std::memcpy(to.data(), from.data(), from.size() * sizeof(float));
    __asm__ volatile("" ::: "memory");
  });
  return 8.0 * static_cast<double>(floats) / seconds;
}

void bench_layers(const Ops& ops, const Bench& bench) {
  auto x = filled(kTokens * kDim), y = x, dx = x, dy = x;
  auto weight = filled(kDim), dweight = weight;
  std::vector<float> rstd(kTokens);
  bench.op("rms_norm_forward", 2.0 * kTokens * kDim, [&] {
    ops.rms_norm_forward(y.data(), rstd.data(), x.data(), weight.data(), kTokens, kDim, 1e-5F,
                         nullptr);
  });
  bench.op("rms_norm_backward", 3.0 * kTokens * kDim, [&] {
    ops.rms_norm_backward(dx.data(), dweight.data(), dy.data(), x.data(), weight.data(),
                          rstd.data(), kTokens, kDim, false, nullptr);
  });
  std::vector<float> cosines(1024 * 16), sines(1024 * 16);
  rope_tables(cosines.data(), sines.data(), 1024, 32, 10000.0);
  std::vector<std::int32_t> positions(kTokens);
  for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int>(i % 64);
  auto qkv = filled(kTokens * 3 * kDim);
  bench.op("rope", 4.0 * kTokens * kDim, [&] {
    ops.rope(qkv.data(), positions.data(), cosines.data(), sines.data(), kTokens, 8, 32, 3 * kDim,
             false, nullptr);
  });
  auto gate_up = filled(kTokens * 2 * kFfn, 4.0F), d_gate_up = gate_up;
  auto gated = filled(kTokens * kFfn);
  bench.op("swiglu_forward", 3.0 * kTokens * kFfn, [&] {
    ops.swiglu_forward(gated.data(), gate_up.data(), gate_up.data() + kFfn, kTokens, kFfn, 2 * kFfn,
                       kFfn, nullptr);
  });
  bench.op("swiglu_backward", 5.0 * kTokens * kFfn, [&] {
    ops.swiglu_backward(d_gate_up.data(), d_gate_up.data() + kFfn, gated.data(), gate_up.data(),
                        gate_up.data() + kFfn, kTokens, kFfn, 2 * kFfn, kFfn, nullptr);
  });
}

void bench_vocabulary(const Ops& ops, const Bench& bench) {
  auto logits = filled(kTokens * kVocabulary, 4.0F);
  std::vector<float> losses(kTokens);
  std::vector<std::int32_t> labels(kTokens, 7);
  double sum = 0.0;
  bench.op("cross_entropy", 2.0 * kTokens * kVocabulary, [&] {
    ops.cross_entropy(&sum, losses.data(), logits.data(), labels.data(), kTokens, kVocabulary,
                      nullptr);
  });
  bench.op("log_softmax_gather", 1.0 * kTokens * kVocabulary, [&] {
    ops.log_softmax_gather(losses.data(), nullptr, logits.data(), labels.data(), kTokens,
                           kVocabulary, nullptr);
  });
  auto table = filled(kVocabulary * kDim), rows = filled(kTokens * kDim);
  std::vector<std::int32_t> ids(kTokens);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int>(i * 193 % kVocabulary);
  bench.op("embedding_gather", 2.0 * kTokens * kDim, [&] {
    ops.embedding_gather(rows.data(), table.data(), ids.data(), kTokens, kDim, nullptr);
  });
  bench.op("embedding_scatter_add", 3.0 * kTokens * kDim, [&] {
    ops.embedding_scatter_add(table.data(), rows.data(), ids.data(), kTokens, kDim, nullptr);
  });
}

void bench_vectors(const Ops& ops, const Bench& bench) {
  for (const std::int64_t n : {std::int64_t{64} << 10, std::int64_t{16} << 20}) {
    const bool in_cache = n < (1 << 20);
    const std::string where = in_cache ? " cached" : " memory";
    auto a = filled(n), b = filled(n), m = filled(n), v = std::vector<float>(a.size(), 0.1F);
    double out = 0.0;
    bench.op(
        "add_into" + where, 3.0 * static_cast<double>(n),
        [&] { ops.add_into(a.data(), b.data(), n, nullptr); }, in_cache);
    bench.op(
        "sum_squares" + where, 1.0 * static_cast<double>(n),
        [&] { ops.sum_squares(&out, b.data(), n, nullptr); }, in_cache);
    const AdamWStep step{.lr = 1e-4};
    bench.op(
        "adamw" + where, 7.0 * static_cast<double>(n),
        [&] { ops.adamw(a.data(), m.data(), v.data(), b.data(), n, step, nullptr); }, in_cache);
  }
}

/// Attention is bound by arithmetic: products over the causal half, forward 2 and backward 5.
void bench_attention(const Ops& ops, std::int64_t windows, std::int64_t length, std::int64_t heads,
                     std::int64_t head_dim) {
  const std::int64_t tokens = windows * length, width = heads * head_dim;
  AttentionShape s;
  s.windows = windows;
  s.length = length;
  s.heads = s.kv_heads = heads;
  s.head_dim = head_dim;
  s.q_stride = s.kv_stride = 3 * width;
  s.out_stride = width;
  s.scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  auto qkv = filled(tokens * 3 * width), d_qkv = qkv;
  auto out = filled(tokens * width), d_out = out;
  std::vector<float> lse(static_cast<std::size_t>(tokens * heads));
  const std::vector<std::int32_t> starts(static_cast<std::size_t>(tokens), 0);
  const double forward = seconds_of([&] {
    ops.attention_forward(out.data(), lse.data(), qkv.data(), qkv.data() + width,
                          qkv.data() + 2 * width, starts.data(), s, nullptr);
  });
  const double backward = seconds_of([&] {
    ops.attention_backward(d_qkv.data(), d_qkv.data() + width, d_qkv.data() + 2 * width,
                           d_out.data(), out.data(), lse.data(), qkv.data(), qkv.data() + width,
                           qkv.data() + 2 * width, starts.data(), s, nullptr);
  });
  const double product =
      2.0 * static_cast<double>(tokens * heads * head_dim) * static_cast<double>(length + 1) / 2.0;
  std::printf(
      "{\"bench\": \"kernels\", \"op\": \"attention %lldx%lld h%lld d%lld\", \"form\": "
      "\"%s\", \"forward_us\": %.1f, \"backward_us\": %.1f, \"forward_gflops\": %.1f, "
      "\"backward_gflops\": %.1f}\n",
      static_cast<long long>(windows), static_cast<long long>(length),
      static_cast<long long>(heads), static_cast<long long>(head_dim), ops.name, forward * 1e6,
      backward * 1e6, 2 * product / forward * 1e-9, 5 * product / backward * 1e-9);
}

void run() {
  const double cached = copy_rate(kTokens * kDim);
  const double memory = copy_rate(std::int64_t{16} << 20);
  std::printf(
      "{\"bench\": \"kernels\", \"op\": \"memcpy\", \"cached_gb_per_s\": %.2f, "
      "\"memory_gb_per_s\": %.2f}\n",
      cached * 1e-9, memory * 1e-9);
  const Ops& ops = cpu_ops();
  const Bench bench(ops, cached, memory);
  bench_layers(ops, bench);
  bench_vocabulary(ops, bench);
  bench_vectors(ops, bench);
  bench_attention(ops, 4, 64, 4, 32);
  bench_attention(ops, 1, 1024, 4, 64);
}

}  // namespace
}  // namespace orch::kernels

int main() { orch::kernels::run(); }
