#include "jobs/score/sequential.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "jobs/score/binomial.h"

namespace orch::score {
namespace {

TEST(Bettor, ItsRecursionIsTheClosedForm) {
  SeededRandom random(3);
  for (const double worse : {0.5, 0.6, 0.45, 0.9}) {
    Bettor bettor;
    for (int i = 0; i < 3000; ++i) {
      random.chance(worse) ? bettor.lose() : bettor.win();
      const double expected = log_bet_against_fair(bettor.losses(), bettor.wins());
      if (expected > 700) break;
      ASSERT_NEAR(std::log(bettor.wealth()), expected, 1e-11)
          << bettor.losses() << " " << bettor.wins();
    }
  }
}

TEST(Bettor, StartsWithOneAndIsAMartingale) {
  EXPECT_EQ(Bettor().wealth(), 1);
  for (std::int64_t b = 0; b < 30; ++b)
    for (std::int64_t c = 0; c < 30; ++c)
      EXPECT_NEAR(
          std::exp(log_bet_against_fair(b + 1, c)) + std::exp(log_bet_against_fair(b, c + 1)),
          2 * std::exp(log_bet_against_fair(b, c)), 1e-12 * std::exp(log_bet_against_fair(b, c)));
}

std::vector<Look> items(int count, int strata, Random& random, double loss, double win) {
  std::vector<Look> looks;
  for (int i = 0; i < count; ++i) {
    const double u = random.uniform();
    looks.push_back({static_cast<std::uint32_t>(i % strata), i / strata,
                     u < loss ? -1.0 : (u < loss + win ? 1.0 : 0.0)});
  }
  return looks;
}

TEST(Sequential, FalseAlarmsInTenThousandNullRunsStayBelowAlpha) {
  SeededRandom random(17);
  constexpr int kRuns = 10'000;
  constexpr double kAlpha = 0.05;
  int alarms = 0;
  for (int run = 0; run < kRuns; ++run)
    alarms += run_sequential(items(1500, 1, random, 0.05, 0.05), kAlpha).stopped_after.has_value();
  EXPECT_LE(alarms, kAlpha * kRuns);
  EXPECT_GT(alarms, 0);  // the bet is a real one
}

TEST(Sequential, ADisasterStopsEarlyAndSaysWhen) {
  SeededRandom random(5);
  auto looks = items(14'042, 57, random, 0.075, 0.025);
  shuffle_stratified(looks, 1);
  const SequentialResult result = run_sequential(looks, 0.05);
  ASSERT_TRUE(result.stopped_after.has_value());
  EXPECT_LT(*result.stopped_after, 2000);
  // Exactly there the bet reaches 20, and not one item before.
  std::int64_t losses = 0, wins = 0;
  for (std::int64_t i = 0; i < *result.stopped_after; ++i) {
    EXPECT_LT(log_bet_against_fair(losses, wins), std::log(20));
    losses += looks[static_cast<std::size_t>(i)].change < 0;
    wins += looks[static_cast<std::size_t>(i)].change > 0;
  }
  EXPECT_EQ(losses, result.losses_at_stop);
  EXPECT_EQ(wins, result.wins_at_stop);
  EXPECT_GE(log_bet_against_fair(losses, wins), std::log(20));
  EXPECT_NEAR(result.log_e, log_bet_against_fair(result.losses, result.wins), 0);
  EXPECT_GE(result.log_e_largest, result.log_e);
  EXPECT_LE(result.p_anytime(), 0.05);
}

TEST(Sequential, WealthBeyondDoublesIsStillKnown) {
  std::vector<Look> looks(5000, Look{0, 0, -1});
  const SequentialResult result = run_sequential(looks, 0.01);
  EXPECT_EQ(result.stopped_after, 9);  // (2^(n+1) − 1) / (n + 1) ≥ 100
  EXPECT_NEAR(result.log_e, 5001 * std::log(2.0) - std::log(5001.0), 1e-9);
  EXPECT_EQ(result.log_e_largest, result.log_e);
  EXPECT_EQ(run_sequential({}, 0.05).p_anytime(), 1);
}

/// Share of 1,000 runs of 3,000 items in which a bet on the margin stopped.
struct Stopped {
  double regress = 0, pass = 0;
};
Stopped stopped(double loss, double win, double margin) {
  SeededRandom random(23);
  constexpr int kRuns = 1000;
  Stopped out;
  for (int run = 0; run < kRuns; ++run) {
    const MarginBets bets = run_against_margin(items(3000, 1, random, loss, win), margin, 0.05);
    out.regress += bets.regress.stopped_after.has_value() / static_cast<double>(kRuns);
    out.pass += bets.pass.stopped_after.has_value() / static_cast<double>(kRuns);
    EXPECT_EQ(bets.pass.stopped_after.has_value(), bets.pass.p_anytime() <= 0.05);
  }
  return out;
}

TEST(Margin, AtTheMarginNeitherBetWinsMoreOftenThanAlpha) {
  for (const auto& [loss, win] : {std::pair{0.06, 0.04}, std::pair{0.02, 0.0}}) {
    const Stopped at = stopped(loss, win, 0.02);
    EXPECT_LE(at.regress, 0.05);
    EXPECT_LE(at.pass, 0.05);
  }
}

TEST(Margin, ADropWithinItPassesAndOneBeyondItRegresses) {
  const Stopped none = stopped(0.05, 0.05, 0.02);  // no drop
  EXPECT_GT(none.pass, 0.4);
  EXPECT_LE(none.regress, 0.01);
  const Stopped large = stopped(0.09, 0.02, 0.02);
  EXPECT_GT(large.regress, 0.9);
  EXPECT_LE(large.pass, 0.01);
  // Any drop is not one beyond the margin.
  SeededRandom random(4);
  const auto looks = items(30'000, 1, random, 0.06, 0.05);
  EXPECT_TRUE(run_sequential(looks, 0.05).stopped_after.has_value());
  EXPECT_FALSE(run_against_margin(looks, 0.02, 0.05).regress.stopped_after.has_value());
}

TEST(Margin, AHundredThousandLossesStayFinite) {
  const MarginBets bets = run_against_margin(std::vector<Look>(100'000, Look{0, 0, -1}), 0, 0.05);
  EXPECT_GT(bets.regress.p_anytime(), 0);
  EXPECT_EQ(bets.pass.stopped_after, std::nullopt);
}

TEST(Order, IsFixedByTheSeedAloneAndStratified) {
  SeededRandom random(9);
  std::vector<Look> looks;
  for (std::uint32_t stratum = 0; stratum < 5; ++stratum)
    for (int i = 0; i < 20 * static_cast<int>(stratum + 1); ++i) looks.push_back({stratum, i, 0});
  auto other = looks;
  for (std::size_t i = other.size(); i > 1; --i) std::swap(other[i - 1], other[random.below(i)]);
  shuffle_stratified(looks, 7);
  shuffle_stratified(other, 7);
  std::map<std::uint32_t, int> seen;
  for (std::size_t i = 0; i < looks.size(); ++i) {
    ASSERT_EQ(looks[i].stratum, other[i].stratum);
    ASSERT_EQ(looks[i].id, other[i].id);
    ++seen[looks[i].stratum];
    for (std::uint32_t stratum = 0; stratum < 5; ++stratum) {
      const double share = 20.0 * (stratum + 1) * static_cast<double>(i + 1) / 300;
      EXPECT_NEAR(seen[stratum], share, 2.5);
    }
  }
  auto third = looks;
  shuffle_stratified(third, 8);
  int same = 0;
  for (std::size_t i = 0; i < looks.size(); ++i)
    same += looks[i].stratum == third[i].stratum && looks[i].id == third[i].id;
  EXPECT_LT(same, 30);
}

}  // namespace
}  // namespace orch::score
