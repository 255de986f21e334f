#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(MultiAnswerPoints, ListsAreComparedAsSets) {
  ScoreOptions options;
  options.metrics = {"multi_answer_points"};
  const auto out = score_lines(
      R"({"id":1,"prediction":["B","A"],"references":[["A","B"]],"points":2}
{"id":2,"prediction":["C"],"references":[["A"],["B"]]}
{"id":3,"prediction":[],"references":[]})",
      options);
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_NE(out->find("\"points\": 3"), std::string::npos) << *out;
  EXPECT_NE(out->find("\"maximum\": 4"), std::string::npos) << *out;
}

}  // namespace
}  // namespace orch::score
