// Words and sentences against nltk 3.9.1, jieba 0.42.1 and mecab-python3 1.0.12.

#include "jobs/score/segmenter.h"

#include <gtest/gtest.h>

#include "jobs/score/punkt.h"
#include "jobs/score/treebank.h"
#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

template <typename Words>
std::vector<std::string> bytes_of(const Words& words) {
  std::vector<std::string> out;
  for (const auto& word : words) out.push_back(encode(word));
  return out;
}

TEST(Treebank, WordsAreThePackages) {
  for (const WordsCase& recorded : recorded_words("treebank")) {
    std::vector<Text> words;
    treebank_words(decode(recorded.text), words);
    EXPECT_EQ(bytes_of(words), recorded.words) << recorded.text;
  }
}

TEST(Treebank, DividesClitics) {
  std::vector<Text> words;
  treebank_words(U"I can't go, he said: \"gimme 3.5!\"", words);
  EXPECT_EQ(bytes_of(words), (std::vector<std::string>{"I", "ca", "n't", "go", ",", "he", "said",
                                                       ":", "``", "gim", "me", "3.5", "!", "''"}));
}

TEST(Punkt, SentencesAreThePackages) {
  if (punkt_folder().empty()) GTEST_SKIP() << "no sentence model in ../shared/data/punkt_english";
  const auto punkt = Punkt::open(punkt_folder());
  ASSERT_TRUE(punkt.ok()) << punkt.error().message;
  for (const WordsCase& recorded : recorded_words("punkt")) {
    const Text text = decode(recorded.text);
    EXPECT_EQ(bytes_of(punkt->sentences(text)), recorded.words) << recorded.text;
  }
}

void expect_words(const char* name, Language language) {
  Segmenter segmenter(segmenter_folders(""));
  for (const WordsCase& recorded : recorded_words(name)) {
    const auto words = segmenter.words(language, decode(recorded.text));
    if (!words.ok() && words.error().code == Code::kNotFound) GTEST_SKIP() << words.error().message;
    ASSERT_TRUE(words.ok()) << words.error().message;
    EXPECT_EQ(bytes_of(*words), recorded.words) << recorded.text;
  }
}

TEST(Jieba, WordsAreThePackages) { expect_words("jieba", Language::kChinese); }

TEST(Mecab, WordsAreThePackages) { expect_words("mecab", Language::kJapanese); }

TEST(Segmenter, KnowsTheNamesOfLanguages) {
  for (const char* name : {"en", "Japanese", "jp", "fra", "spa", "ZH"})
    EXPECT_TRUE(parse_language(name).ok()) << name;
  EXPECT_FALSE(parse_language("de").ok());
}

}  // namespace
}  // namespace orch::score
