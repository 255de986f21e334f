// Good and bad files, whatever the metric.

#include "jobs/score/score_file.h"

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(ScoreFile, BadLinesAreNamed) {
  ScoreOptions options;
  options.metrics = {"exact_match"};
  const std::string good = pair_row("a", "a");
  for (const char* bad : {"{", "[]", "{\"id\":1,\"prediction\":\"a\"}",
                          "{\"id\":1,\"prediction\":[\"a\"],\"references\":[[\"a\"]]}",
                          "{\"id\":1,\"prediction\":\"\\uD800\",\"references\":[\"a\"]}",
                          "{\"id\":1,\"prediction\":\"\xff\",\"references\":[\"a\"]}",
                          "{\"id\":1,\"prediction\":\"a\",\"references\":\"a\"}",
                          "{\"id\":1,\"prediction\":\"a\",\"references\":[\"a\"],\"id\":2}",
                          "{\"id\":1,\"prediction\":\"a\",\"references\":[\"a\"]} x",
                          "{\"id\":[1],\"prediction\":\"a\",\"references\":[\"a\"]}",
                          "\xef\xbb\xbf{\"id\":1,\"prediction\":\"a\",\"references\":[\"a\"]}"}) {
    const auto out = score_lines(good + bad + "\n", options);
    ASSERT_FALSE(out.ok()) << bad;
    EXPECT_NE(out.error().message.find("rows.jsonl:2: "), std::string::npos) << out.error().message;
  }
}

TEST(ScoreFile, LineEndsMayBeAnything) {
  const std::string row = R"({"id":1,"prediction":"a","references":["a"]})";
  EXPECT_EQ(score_value(row, "exact_match"), 1.0);
  EXPECT_EQ(score_value(row + "\r\n\r\n  \n" + row + "\r\n", "exact_match"), 1.0);
  EXPECT_EQ(score_value("\xef\xbb\xbf" + row + "\n" + row, "exact_match"), 1.0);
}

TEST(ScoreFile, WithoutRowsIsAnError) {
  ScoreOptions options;
  options.metrics = {"exact_match"};
  for (const char* lines : {"", "\n\n"}) EXPECT_FALSE(score_lines(lines, options).ok());
}

TEST(ScoreFile, AnUnknownMetricNamesTheNearest) {
  ScoreOptions options;
  options.metrics = {"rouge1_gogle"};
  const auto out = score_lines(pair_row("a", "a"), options);
  ASSERT_FALSE(out.ok());
  EXPECT_NE(out.error().message.find("rouge1_google"), std::string::npos) << out.error().message;
}

}  // namespace
}  // namespace orch::score
