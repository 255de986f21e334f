// Sentence BLEU against values of nltk 3.9.1, jieba 0.42.1 and mecab-python3 1.0.12.

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(BleuNltk, EqualsThePackage) {
  const std::string skipped = expect_recorded("bleu_nltk");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST(BleuNltk, MissingSentenceModelIsAnError) {
  ScoreOptions options;
  options.metrics = {"bleu1_nltk"};
  options.punkt = "/nowhere";
  const auto out = score_lines(pair_row("a", "a"), options);
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code, Code::kNotFound);
  EXPECT_NE(out.error().message.find("/nowhere"), std::string::npos) << out.error().message;
}

}  // namespace
}  // namespace orch::score
