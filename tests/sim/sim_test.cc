// 300 seeds of the simulated cluster. A failing seed is printed; ORCH_SIM_SEED=N (or --seed N) runs
// that one alone, with its history of events; ORCH_SIM_SEEDS=N runs as many.

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "base/environment.h"
#include "tests/sim/simulation.h"

namespace orch::sim {
namespace {

constexpr std::uint64_t kSeeds = 300;

std::optional<std::uint64_t> chosen_seed() {
  for (const std::string& argument : testing::internal::GetArgvs()) {
    if (argument.rfind("--seed=", 0) == 0) return std::stoull(argument.substr(7));
  }
  if (const auto seed = environment("ORCH_SIM_SEED")) return std::stoull(*seed);
  return std::nullopt;
}

TEST(Simulation, KeepsItsPromisesUnderFaults) {
  const auto chosen = chosen_seed();
  const std::uint64_t first = chosen.value_or(1);
  const auto more = environment("ORCH_SIM_SEEDS");
  const std::uint64_t count = chosen ? 1 : more ? std::stoull(*more) : kSeeds;
  Outcome sum;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    options.verbose = chosen.has_value();
    const Outcome outcome = Simulation(options).run();
    sum.steps += outcome.steps;
    sum.crashes += outcome.crashes;
    sum.attempts += outcome.attempts;
    sum.jobs += outcome.jobs;
    sum.succeeded += outcome.succeeded;
    ASSERT_EQ(outcome.breach, "") << "seed " << seed << "; again: ORCH_SIM_SEED=" << seed;
  }
  std::printf(
      "%llu seeds: %llu steps, %llu crashes, %llu attempts, %llu jobs, %llu succeeded\n",
      static_cast<unsigned long long>(count), static_cast<unsigned long long>(sum.steps),
      static_cast<unsigned long long>(sum.crashes), static_cast<unsigned long long>(sum.attempts),
      static_cast<unsigned long long>(sum.jobs), static_cast<unsigned long long>(sum.succeeded));
  if (!chosen) {  // a simulation in which nothing happens proves nothing
    EXPECT_GT(sum.crashes, count);
    EXPECT_GT(sum.attempts, sum.jobs);
    EXPECT_GT(sum.succeeded, sum.jobs / 2);
  }
}

TEST(Simulation, IsAFunctionOfItsSeed) {
  SimulationOptions options;
  options.seed = 4711;
  const Outcome one = Simulation(options).run();
  const Outcome two = Simulation(options).run();
  EXPECT_EQ(one.steps, two.steps);
  EXPECT_EQ(one.attempts, two.attempts);
}

}  // namespace
}  // namespace orch::sim
