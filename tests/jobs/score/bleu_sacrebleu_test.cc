// Corpus BLEU, its tokenizers and its signature against sacrebleu 2.6.0 (mecab-python3 1.0.12).

#include "jobs/score/bleu_sacrebleu.h"

#include <gtest/gtest.h>

#include "jobs/score/sacrebleu_words.h"
#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

TEST(BleuSacrebleu, EqualsThePackage) {
  const std::string skipped = expect_recorded("bleu_sacrebleu");
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST(SacrebleuWords, AreThePackages) {
  Segmenter segmenter(segmenter_folders(""));
  for (const WordsCase& recorded : recorded_words("sacrebleu")) {
    const auto tokenizer = parse_sacrebleu_tokenizer(recorded.tokenizer, Language::kEnglish);
    ASSERT_TRUE(tokenizer.ok());
    const auto words = sacrebleu_words(*tokenizer, decode(recorded.text), segmenter);
    ASSERT_TRUE(words.ok()) << words.error().message;
    std::vector<std::string> found;
    for (std::size_t i = 0; i < words->size(); ++i) found.push_back(encode((*words)[i]));
    EXPECT_EQ(found, recorded.words) << recorded.tokenizer << ": " << recorded.text;
  }
}

TEST(SacrebleuWords, UnknownTokenizerIsAnError) {
  EXPECT_FALSE(parse_sacrebleu_tokenizer("flores101", Language::kEnglish).ok());
}

}  // namespace
}  // namespace orch::score
