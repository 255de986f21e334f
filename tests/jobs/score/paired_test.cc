#include "jobs/score/paired.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "jobs/data/documents.h"

namespace orch::score {
namespace {

// Recorded by vectors/make_vectors.py (scipy 1.17.1).
template <typename Check>
void for_each_vector(const Check& check) {
  int count = 0;
  const auto read =
      data::read_lines(std::string(ORCH_SOURCE_DIR) + "/tests/jobs/score/vectors/paired.jsonl",
                       [&](std::string_view line, std::uint64_t) {
                         check(nlohmann::json::parse(line));
                         ++count;
                         return Result<void>();
                       });
  ASSERT_TRUE(read.ok());
  EXPECT_GE(count, 13);
}

PairedCounts counts(std::int64_t both, std::int64_t losses, std::int64_t wins,
                    std::int64_t neither) {
  return {both, losses, wins, neither};
}

TEST(Mcnemar, EqualsTheBinomialTail) {
  for_each_vector([](const nlohmann::json& row) {
    const double p = row["p"];
    EXPECT_NEAR(mcnemar_p(row["losses"], row["wins"]), p, 1e-11 * p) << row;
  });
  EXPECT_EQ(mcnemar_p(0, 0), 1);
  EXPECT_EQ(mcnemar_p(0, 10), 1);
  EXPECT_EQ(mcnemar_p(1, 0), 0.5);
  EXPECT_GT(mcnemar_p(1000, 10), 0);
}

TEST(Tango, EqualsTheIntervalFromItsDefinition) {
  for_each_vector([](const nlohmann::json& row) {
    for (const double confidence : {0.9, 0.95}) {
      const Interval interval =
          tango_interval(row["items"], row["losses"], row["wins"], confidence);
      const auto& expected = row[confidence == 0.9 ? "interval_0.9" : "interval_0.95"];
      EXPECT_NEAR(interval.low, expected[0].get<double>(), 1e-9) << row;
      EXPECT_NEAR(interval.high, expected[1].get<double>(), 1e-9) << row;
    }
  });
}

TEST(Tango, WithoutDiscordantPairsItIsTheClosedForm) {
  const double z = normal_quantile(0.95);
  const Interval interval = tango_interval(50, 0, 0, 0.9);
  EXPECT_NEAR(interval.high, z * z / (50 + z * z), 1e-12);
  EXPECT_NEAR(interval.low, -interval.high, 1e-12);
}

TEST(Tango, ExtremesStayWithinOne) {
  EXPECT_EQ(tango_interval(10, 10, 0, 0.9).low, -1);
  EXPECT_EQ(tango_interval(10, 0, 10, 0.9).high, 1);
  EXPECT_LT(tango_interval(10, 10, 0, 0.9).high, 0);
  EXPECT_EQ(tango_interval(0, 0, 0, 0.9).low, -1);
}

TEST(NormalQuantile, KnownValues) {
  EXPECT_NEAR(normal_quantile(0.95), 1.6448536269514722, 1e-13);
  EXPECT_NEAR(normal_quantile(0.8), 0.8416212335729143, 1e-13);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-13);
}

TEST(Judge, ThreeVerdicts) {
  EXPECT_EQ(judge(counts(600, 290, 47, 143), 0.02, 0.05)->verdict, Verdict::kRegress);
  EXPECT_EQ(judge(counts(900, 26, 105, 49), 0.02, 0.05)->verdict, Verdict::kPass);
  EXPECT_EQ(judge(counts(50, 5, 3, 42), 0.02, 0.05)->verdict, Verdict::kInconclusive);
  // A drop that is certain, but smaller than the margin.
  const auto small = judge(counts(90'000, 1000, 200, 8800), 0.02, 0.05);
  EXPECT_EQ(small->verdict, Verdict::kPass);
  EXPECT_LT(small->p, 1e-9);
}

TEST(Judge, FillsTheFieldsOfTheContract) {
  const auto j = judge(counts(600, 290, 47, 143), 0.02, 0.05);
  ASSERT_TRUE(j.ok());
  const auto json = nlohmann::json::parse(judgement_json(*j));
  EXPECT_EQ(json["verdict"], "regress");
  EXPECT_EQ(json["items"], 1080);
  EXPECT_NEAR(json["base"], 890.0 / 1080, 1e-15);
  EXPECT_NEAR(json["candidate"], 647.0 / 1080, 1e-15);
  EXPECT_NEAR(json["difference"], -243.0 / 1080, 1e-15);
  EXPECT_EQ(json["losses"], 290);
  EXPECT_EQ(json["wins"], 47);
  EXPECT_EQ(json["interval"].size(), 2u);
  const double error = std::sqrt(337 - 243.0 * 243.0 / 1080) / 1080;
  EXPECT_NEAR(json["smallest_detectable_drop"],
              0.02 + (1.6448536269514722 + 0.8416212335729143) * error, 1e-12);
  EXPECT_EQ(json.size(), 12u);
}

TEST(Judge, NothingIsEverNaN) {
  for (const auto& c :
       {counts(0, 0, 0, 0), counts(1, 0, 0, 0), counts(0, 1, 0, 0), counts(0, 0, 0, 5)}) {
    const auto j = judge(c, 0.02, 0.05);
    ASSERT_TRUE(j.ok());
    for (const double v : {j->base, j->candidate, j->difference, j->interval.low, j->interval.high,
                           j->p, j->smallest_detectable_drop})
      EXPECT_TRUE(std::isfinite(v));
  }
  EXPECT_EQ(judge({}, 0.02, 0.05)->verdict, Verdict::kInconclusive);
  EXPECT_EQ(judge({}, 0.02, 0.05)->p, 1);
}

TEST(Judge, RefusesWrongMarginAndAlpha) {
  EXPECT_FALSE(judge({}, -0.1, 0.05).ok());
  EXPECT_FALSE(judge({}, 1, 0.05).ok());
  EXPECT_FALSE(judge({}, 0.02, 0).ok());
  EXPECT_FALSE(judge({}, 0.02, 0.5).ok());
  EXPECT_FALSE(judge({}, NAN, 0.05).ok());
}

/// Share of 2,000 simulated evaluations of 1,000 items that get a verdict, at a true drop.
double share(double drop, Verdict verdict) {
  SeededRandom random(11);
  constexpr int kRuns = 2000, kItems = 1000;
  const double losses = 0.06 + drop, wins = 0.06;
  int hits = 0;
  for (int run = 0; run < kRuns; ++run) {
    PairedCounts c;
    for (int i = 0; i < kItems; ++i) {
      const double u = random.uniform();
      c.add(u < losses || u > 0.5, u >= losses && (u < losses + wins || u > 0.5));
    }
    hits += judge(c, 0.02, 0.05)->verdict == verdict;
  }
  return static_cast<double>(hits) / kRuns;
}

TEST(Judge, ErrorsStayAtAlphaWhereTheDropIsTheMargin) {
  EXPECT_LE(share(0.02, Verdict::kRegress), 0.065);
  EXPECT_LE(share(0.02, Verdict::kPass), 0.065);
  EXPECT_LE(share(0.0, Verdict::kRegress), 0.005);
  EXPECT_GE(share(0.1, Verdict::kRegress), 0.95);
}

}  // namespace
}  // namespace orch::score
