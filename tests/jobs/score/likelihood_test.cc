#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

/// A row of this log-likelihood, negated, and what else it has.
std::string row(double nats, const std::string& rest) {
  return "{\"id\": 1, \"log_likelihood\": " + std::to_string(-nats) + ", " + rest + "}\n";
}

TEST(Likelihood, WeighsRowsByTheirLength) {
  const std::string lines = row(10, "\"bytes\": 5") + row(2, "\"bytes\": 3");
  EXPECT_NEAR(score_value(lines, "bits_per_byte"), 12.0 / 8 / std::numbers::ln2, 1e-12);
  EXPECT_NEAR(score_value(lines, "perplexity"), std::exp(12.0 / 8), 1e-12);
}

TEST(Likelihood, PerplexityIsOfTokensWhereRowsHaveThem) {
  const std::string lines =
      row(10, "\"bytes\": 5, \"tokens\": 4") + row(2, "\"bytes\": 3, \"tokens\": 2");
  EXPECT_NEAR(score_value(lines, "bits_per_byte"), 12.0 / 8 / std::numbers::ln2, 1e-12);
  EXPECT_NEAR(score_value(lines, "perplexity"), std::exp(12.0 / 6), 1e-12);
}

TEST(Likelihood, BytesOfTheReferenceAreThoseOfItsUtf8) {
  EXPECT_NEAR(score_value(row(3, "\"references\": [\"né\"]"), "bits_per_byte"),
              3.0 / 3 / std::numbers::ln2, 1e-12);
}

TEST(Likelihood, RefusesWhatHasNoMeaning) {
  ScoreOptions options;
  options.metrics = {"bits_per_byte", "perplexity"};
  const std::string good = row(1, "\"bytes\": 2");
  for (const std::string& bad : {row(-1, "\"bytes\": 2"), row(1, "\"bytes\": 0"),
                                 row(1, "\"x\": 1"), row(1, "\"bytes\": 2, \"tokens\": 1")}) {
    const auto out = score_lines(good + bad, options);
    ASSERT_FALSE(out.ok()) << bad;
    EXPECT_NE(out.error().message.find("rows.jsonl:2"), std::string::npos) << out.error().message;
  }
}

}  // namespace
}  // namespace orch::score
