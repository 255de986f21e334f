// ROUGE-1, 2, L against values of rouge 1.0.1; Chinese and Japanese words by jieba and MeCab.

#include <gtest/gtest.h>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(RougePltrdy, EqualsThePackage) {
  const std::string skipped = expect_recorded("rouge_pltrdy");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST(RougePltrdy, CountsSetsAndKeepsCase) {
  // {The cat sat On the mat} and {the cat sat on a mat} share {the cat sat mat}.
  EXPECT_NEAR(
      score_value(pair_row("The cat sat. On the mat", "the cat sat on a mat."), "rouge1_pltrdy"),
      2 * (4. / 6 * 4 / 6) / (8. / 6 + 1e-8), 1e-12);
}

TEST(RougePltrdy, TextsWithoutASentenceAreCounted) {
  EXPECT_EQ(score_value(pair_row("...", "a") + pair_row("a", "a") + pair_row("", "a"),
                        "rouge1_pltrdy", "rouge_pltrdy_empty"),
            2.0);
}

TEST(RougePltrdy, ManySentencesAreNotQuadratic) {
  std::string one, many, turned;
  for (int i = 0; i < 20'000; ++i) {
    one += std::to_string(i) + " ";
    many += std::to_string(i) + ". ";
    turned += i % 2 == 0 ? "a b. " : "b a. ";
  }
  // The blank behind the last period is a sentence of one empty word.
  EXPECT_NEAR(score_value(pair_row(one, many), "rougeL_pltrdy"), 40'000.0 / 40'001, 1e-8);
  EXPECT_NEAR(score_value(pair_row(many, one), "rougeL_pltrdy"), 40'000.0 / 40'001, 1e-8);
  EXPECT_NEAR(score_value(pair_row(turned, turned), "rougeL_pltrdy"), 1.0, 1e-8);
}

}  // namespace
}  // namespace orch::score
