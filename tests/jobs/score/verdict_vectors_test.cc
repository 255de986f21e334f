// The statistics against recorded values of scipy, statsmodels and mpmath
// (vectors/make_verdict_vectors.py names the versions).

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "jobs/data/documents.h"
#include "jobs/score/families.h"
#include "jobs/score/paired.h"

namespace orch::score {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-12;

/// Close by 1e-12 of the larger of 1 and the value; of the value itself where it is small.
void expect_near(double found, double expected, const Json& row) {
  EXPECT_NEAR(found, expected, kTolerance * std::max(std::abs(expected), 1e-290)) << row.dump();
}

void check_function(const std::string& kind, const Json& row) {
  const auto number = [&](int i) { return row["args"][i].get<double>(); };
  const auto count = [&](int i) { return row["args"][i].get<std::int64_t>(); };
  double found = NAN;
  if (kind == "log_bet") found = log_bet_against_fair(count(0), count(1));
  if (kind == "fair_tail") found = fair_binomial_tail(count(0), count(1));
  if (kind == "student_tail") found = student_tail(number(0), number(1));
  if (kind == "student_upper") found = student_upper(number(0), number(1));
  if (kind == "normal_quantile") found = normal_quantile(number(0));
  const double expected = row["value"];
  if (std::abs(expected) < 1e-3 && kind == "log_bet")
    EXPECT_NEAR(found, expected, 1e-14) << row.dump();
  else if (expected != 0)
    expect_near(found, expected, row);
  else
    EXPECT_NEAR(found, 0, 1e-15) << row.dump();
}

void check_paired(const Json& row) {
  std::vector<PairedValues> values;
  for (std::size_t i = 0; i < row["base"].size(); ++i)
    values.push_back({row["base"][i], row["candidate"][i], row["clusters"][i]});
  const Effect effect = effect_of(values, false);
  const auto judged = judge(effect, {}, 0.02, 0.05);
  ASSERT_TRUE(judged.ok());
  EXPECT_NEAR(judged->p, row["p"].get<double>(), kTolerance);
  EXPECT_NEAR(judged->interval.low, row["interval"][0].get<double>(), kTolerance);
  EXPECT_NEAR(judged->interval.high, row["interval"][1].get<double>(), kTolerance);
  const Effect clustered = effect_of(values, true);
  EXPECT_NEAR(std::sqrt(clustered.cluster_variance), row["cluster_error"].get<double>(),
              kTolerance);
}

void check_holm(const Json& row) {
  const std::vector<double> p = row["p"];
  const std::vector<double> levels = holm_levels(p, 0.05);
  for (std::size_t i = 0; i < p.size(); ++i)
    EXPECT_EQ(p[i] <= levels[i], row["rejected"][i].get<bool>()) << i;
}

void check_shrink(const Json& row) {
  const Shrinkage shrunken = shrink(row["effects"], row["variances"]);
  EXPECT_NEAR(shrunken.between, row["between"].get<double>(), kTolerance);
  EXPECT_NEAR(shrunken.mean, row["mean"].get<double>(), kTolerance);
  for (std::size_t i = 0; i < shrunken.effects.size(); ++i) {
    const double effect = row["effects"][i];
    EXPECT_LE(std::abs(shrunken.effects[i] - shrunken.mean),
              std::abs(effect - shrunken.mean) + 1e-15);
  }
}

TEST(VerdictVectors, EqualThePackages) {
  int count = 0;
  const std::string path =
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/score/vectors/verdicts.jsonl";
  const auto read = data::read_lines(path, [&](std::string_view line, std::uint64_t) {
    const Json row = Json::parse(line);
    const std::string kind = row["kind"];
    if (kind == "paired")
      check_paired(row);
    else if (kind == "holm")
      check_holm(row);
    else if (kind == "shrink")
      check_shrink(row);
    else
      check_function(kind, row);
    ++count;
    return Result<void>();
  });
  ASSERT_TRUE(read.ok());
  EXPECT_GE(count, 47);
}

TEST(Shrinkage, IsANumberWhereNothingVaries) {
  std::vector<PairedValues> same(6, PairedValues{0.5, 0.25, 1});
  for (std::size_t i = 0; i < same.size(); ++i) same[i].cluster = i / 2 + 1;
  const Effect effect = effect_of(same, true);
  const double variance = shrinkage_variance(effect);
  EXPECT_GT(variance, 0);
  const Shrinkage shrunken = shrink({effect.difference, 0.1}, {variance, 1e-3});
  for (const double v : {shrunken.mean, shrunken.between, shrunken.effects[0], shrunken.effects[1],
                         shrunken.deviations[0], shrunken.deviations[1]})
    EXPECT_TRUE(std::isfinite(v));
}

}  // namespace
}  // namespace orch::score
