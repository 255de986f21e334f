// ROUGE-1, 2, L, Lsum, plain and stemmed, against values of rouge-score 0.1.2; their bootstrap
// medians against evaluate 0.4.6 with numpy 2.4.6; stems against nltk 3.9.1.

#include "jobs/score/rouge_google.h"

#include <gtest/gtest.h>

#include "jobs/score/porter.h"
#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(RougeGoogle, EqualsThePackage) { EXPECT_EQ(expect_recorded("rouge_google"), ""); }

TEST(RougeHf, EqualsThePackage) { EXPECT_EQ(expect_recorded("rouge_hf"), ""); }

TEST(RougeGoogle, IgnoresCaseAndPunctuation) {
  const std::string row = pair_row("The cat sat. On the mat", "the cat sat on a mat.");
  EXPECT_NEAR(score_value(row, "rouge1_google"), 10.0 / 12, 1e-12);
  EXPECT_NEAR(score_value(row, "rougeL_google"), 10.0 / 12, 1e-12);
}

TEST(RougeGoogle, BestReferenceCounts) {
  RougeGoogle rouge(false);
  const RougeWanted all = {true, true, true, true};
  EXPECT_EQ(rouge.score("a b c", "a b c", all), (std::array<double, 4>{1, 1, 1, 1}));
  EXPECT_EQ(rouge.score("a b c", "", all), (std::array<double, 4>{0, 0, 0, 0}));
}

/// What would be 10^10 cells, one after another: a long sentence against many short ones.
TEST(RougeGoogle, SummariesOfManySentencesAreNotQuadratic) {
  std::string one, many;
  for (int i = 0; i < 30'000; ++i) {
    one += std::to_string(i) + " ";
    many += std::to_string(i) + "\n";
  }
  RougeGoogle rouge(false);
  const RougeWanted summary = {false, false, false, true};
  EXPECT_EQ(rouge.score(one, many, summary)[kRougeLsum], 1.0);
  // One sentence of many: the union of one-word subsequences is all of it.
  EXPECT_EQ(rouge.score(many, one, summary)[kRougeLsum], 1.0);
}

TEST(Porter, EqualsThePackage) {
  for (const auto& [word, stem] : recorded_stems()) EXPECT_EQ(porter_stem(word), stem) << word;
}

}  // namespace
}  // namespace orch::score
