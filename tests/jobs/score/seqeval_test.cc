// Entities of tag lists against seqeval 1.2.2.

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(Seqeval, EqualsThePackage) { EXPECT_EQ(expect_recorded("seqeval"), ""); }

TEST(Seqeval, EntitiesAreChunksOfConlleval) {
  const std::string row =
      R"({"id":1,"prediction":["B-x","I-y","O"],"references":[["B-x","O","O"]]})";
  EXPECT_NEAR(score_value(row, "seqeval_precision"), 0.5, 1e-12);
  EXPECT_NEAR(score_value(row, "seqeval_f1"), 2.0 / 3, 1e-12);
}

TEST(Seqeval, ReportsEachType) {
  ScoreOptions options;
  options.metrics = {"seqeval_f1"};
  const auto out = score_lines(
      R"({"id":1,"prediction":["B-x","I-y","O"],"references":[["B-x","O","O"]]})", options);
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_NE(out->find("\"y\": 0.0"), std::string::npos) << *out;
}

}  // namespace
}  // namespace orch::score
