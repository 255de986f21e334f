#include "jobs/optim/sharded_adamw.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "base/random.h"
#include "jobs/optim/gradient_sum.h"
#include "jobs/parallel/comm.h"
#include "kernels/ops.h"

namespace orch::optim {
namespace {

constexpr int kShards = 8;
constexpr int kSteps = 3;

model::Layout small_layout() {
  model::Layout layout;
  layout.parameters = {{"a", {3, 1000}, 0, 3000, true},
                       {"norm", {50}, 3 * model::kBlock, 50, false},
                       {"b", {7, 1024}, 4 * model::kBlock, 7 * model::kBlock, true}};
  layout.total = 11 * model::kBlock;
  return layout;
}

float gradient_of(int step, int shard, std::int64_t i) {
  const std::uint64_t word =
      random_word(7, static_cast<std::uint64_t>(step * 100 + shard), static_cast<std::uint64_t>(i));
  return static_cast<float>(static_cast<double>(word >> 11) * 0x1.0p-53 - 0.5);
}

void fill(const model::Layout& layout, int step, int shard, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0F);
  for (const model::Parameter& parameter : layout.parameters)
    for (std::int64_t i = 0; i < parameter.size; ++i)
      out[static_cast<std::size_t>(parameter.offset + i)] = gradient_of(step, shard, i);
}

/// Trains as one rank of several; returns the digests of all steps and the last parameters.
std::pair<std::vector<std::string>, std::vector<float>> train(int rank, int ranks, int threads,
                                                              const std::string& token) {
  const model::Layout layout = small_layout();
  const kernels::Ops& ops = kernels::cpu_ops();
  auto comm = parallel::open_shared_memory(token, rank, ranks, std::chrono::seconds(60)).value();
  ThreadTeam team(threads, [] {});
  GradientSum sum(layout.blocks(), kShards, rank, ranks, ops);
  ShardedAdamW optimizer(layout, {}, ops, rank, ranks);
  model::AlignedBuffer parameters(layout.total);
  for (const model::Parameter& parameter : layout.parameters)
    std::fill_n(parameters.data() + parameter.offset, parameter.size, 0.5F);
  std::vector<std::string> digests;
  for (int step = 1; step <= kSteps; ++step) {
    for (std::int64_t shard = sum.shards().begin; shard < sum.shards().end; ++shard) {
      model::AlignedBuffer gradient = sum.take_buffer();
      fill(layout, step, static_cast<int>(shard), gradient.span());
      sum.push(static_cast<int>(shard), std::move(gradient), team);
    }
    const std::span<float> slice = sum.finish(*comm).value();
    const double norm = optimizer.gradient_norm(slice, 10, *comm).value();
    EXPECT_TRUE(optimizer.update(parameters.span(), slice, norm, 10, 1e-2, step, *comm, team).ok());
    sum.reset();
    digests.push_back(optimizer.digest(parameters.span(), *comm, team).value());
  }
  return {digests, {parameters.span().begin(), parameters.span().end()}};
}

TEST(ShardedAdamW, AnyNumberOfRanksAndThreadsGivesTheSameState) {
  const auto expected = train(0, 1, 1, "trainer-alone");
  for (const int ranks : {1, 2, 3, 5, 8}) {
    for (const int threads : {1, 2}) {
      const std::string token = "trainer-" + random_hex(6);
      std::vector<std::thread> gang;
      for (int rank = 0; rank < ranks; ++rank)
        gang.emplace_back(
            [&, rank] { EXPECT_EQ(train(rank, ranks, threads, token), expected) << ranks; });
      for (std::thread& one : gang) one.join();
    }
  }
}

TEST(ShardedAdamW, MatchesThePlainFormula) {
  const auto [digests, parameters] = train(0, 1, 1, "trainer-plain");
  const model::Layout layout = small_layout();
  const protocol::OptimizerSpec spec;
  std::vector<double> p(static_cast<std::size_t>(layout.total), 0.5), m(p.size()), v(p.size());
  for (int step = 1; step <= kSteps; ++step) {
    std::vector<double> mean(p.size());
    double squares = 0;
    for (const model::Parameter& parameter : layout.parameters) {
      for (std::int64_t i = 0; i < parameter.size; ++i) {
        double& g = mean[static_cast<std::size_t>(parameter.offset + i)];
        for (int shard = 0; shard < kShards; ++shard) g += gradient_of(step, shard, i) / 10.0;
        squares += g * g;
      }
    }
    const double clip = std::min(1.0, spec.clip / (std::sqrt(squares) + 1e-6));
    for (const model::Parameter& parameter : layout.parameters) {
      for (std::int64_t n = 0; n < parameter.size; ++n) {
        const auto i = static_cast<std::size_t>(parameter.offset + n);
        const double g = mean[i] * clip, decay = parameter.decay ? spec.weight_decay : 0;
        m[i] = spec.beta1 * m[i] + (1 - spec.beta1) * g;
        v[i] = spec.beta2 * v[i] + (1 - spec.beta2) * g * g;
        const double m_hat = m[i] / (1 - std::pow(spec.beta1, step)),
                     v_hat = v[i] / (1 - std::pow(spec.beta2, step));
        p[i] -= 1e-2 * (decay * p[i] + m_hat / (std::sqrt(v_hat) + spec.eps));
      }
    }
  }
  for (const model::Parameter& parameter : layout.parameters)
    for (std::int64_t n = 0; n < parameter.size; ++n) {
      const auto i = static_cast<std::size_t>(parameter.offset + n);
      ASSERT_NEAR(parameters[i], p[i], 2e-5) << parameter.name << " " << n;
    }
}

TEST(ShardedAdamW, ANanShowsInTheNorm) {
  const model::Layout layout = small_layout();
  auto comm = parallel::open_single();
  ShardedAdamW optimizer(layout, {}, kernels::cpu_ops(), 0, 1);
  model::AlignedBuffer gradient(layout.total);
  gradient.data()[layout.total - 1] = std::nanf("");
  EXPECT_FALSE(std::isfinite(optimizer.gradient_norm(gradient.span(), 1, *comm).value()));
}

}  // namespace
}  // namespace orch::optim
