#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(ExactMatch, AnyReferenceCounts) {
  const std::string rows = R"({"id":1,"prediction":"x","references":["y","x"]})"
                           "\n"
                           R"({"id":2,"prediction":"x","references":["X"]})";
  EXPECT_EQ(score_value(rows, "exact_match"), 0.5);
}

TEST(ExactMatch, RankedHits) {
  const std::string row = R"({"id":1,"prediction":["x","y"],"references":["y"]})";
  EXPECT_EQ(score_value(row, "hit@1"), 0.0);
  EXPECT_EQ(score_value(row, "hit@2"), 1.0);
}

}  // namespace
}  // namespace orch::score
