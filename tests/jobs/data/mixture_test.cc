#include "jobs/data/mixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/random.h"

namespace orch::data {
namespace {

/// Every prefix of two periods: counts within one of n·w/Σw, occurrences counted without a gap.
void expect_exact(const std::vector<std::uint32_t>& weights) {
  const auto mixture = Mixture::create(weights);
  ASSERT_TRUE(mixture.ok()) << mixture.error().message;
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<std::uint64_t> counts(weights.size(), 0);
  for (std::uint64_t slot = 0; slot < 2 * static_cast<std::uint64_t>(sum); ++slot) {
    const auto draw = mixture->draw(slot);
    ASSERT_EQ(draw.occurrence, counts[draw.source]) << slot;
    ++counts[draw.source];
    for (std::size_t s = 0; s < weights.size(); ++s) {
      const double expected = static_cast<double>(slot + 1) * weights[s] / sum;
      ASSERT_LE(std::abs(static_cast<double>(counts[s]) - expected), 1.0)
          << "slot " << slot << " source " << s;
    }
  }
}

TEST(Mixture, IsExactAtEveryPrefix) {
  expect_exact({1});
  expect_exact({19, 1});
  expect_exact({4, 1});
  expect_exact({15, 1, 4});
  expect_exact({1, 1, 1, 1, 1, 1, 1});
  expect_exact({65'535, 1});
  SeededRandom random(7);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::uint32_t> weights(1 + random.below(12));
    for (auto& w : weights) w = static_cast<std::uint32_t>(1 + random.below(i % 2 ? 5 : 300));
    expect_exact(weights);
  }
}

TEST(Mixture, FarSlotsFollowTheSamePeriod) {
  const auto mixture = Mixture::create({19, 1});
  ASSERT_TRUE(mixture.ok());
  const std::uint64_t far = 20 * 50'000'000ULL;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto near = mixture->draw(i), there = mixture->draw(far + i);
    EXPECT_EQ(there.source, near.source);
    EXPECT_EQ(there.occurrence, near.occurrence + (near.source == 0 ? 19 : 1) * 50'000'000ULL);
  }
}

TEST(Mixture, RefusesWrongWeights) {
  EXPECT_FALSE(Mixture::create({}).ok());
  EXPECT_FALSE(Mixture::create({1, 0}).ok());
  EXPECT_FALSE(Mixture::create({65'536, 1}).ok());
}

TEST(Permutation, IsOneToOne) {
  for (const std::uint64_t size : {1, 2, 3, 4, 5, 17, 64, 1000, 4097}) {
    for (std::uint64_t stream = 0; stream < 3; ++stream) {
      const Permutation permutation(42, stream, size);
      std::vector<bool> seen(size, false);
      for (std::uint64_t i = 0; i < size; ++i) {
        const std::uint64_t to = permutation(i);
        ASSERT_LT(to, size);
        ASSERT_FALSE(seen[to]);
        seen[to] = true;
      }
    }
  }
}

TEST(Permutation, DependsOnSeedAndStream) {
  int same_seed = 0, same_stream = 0;
  const Permutation a(1, 0, 1000), b(2, 0, 1000), c(1, 1, 1000);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    same_seed += a(i) == b(i);
    same_stream += a(i) == c(i);
  }
  EXPECT_LT(same_seed, 20);
  EXPECT_LT(same_stream, 20);
}

TEST(Permutation, WorksOnHugeRanges) {
  const Permutation permutation(9, 9, (std::uint64_t{1} << 40) + 7);
  EXPECT_NE(permutation(0), permutation(1));
  EXPECT_LT(permutation(123456789), (std::uint64_t{1} << 40) + 7);
}

}  // namespace
}  // namespace orch::data
