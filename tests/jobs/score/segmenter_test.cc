// Words and sentences against nltk 3.9.1, jieba 0.42.1 and mecab-python3 1.0.12.

#include "jobs/score/segmenter.h"

#include <gtest/gtest.h>

#include "jobs/score/punkt.h"
#include "jobs/score/treebank.h"
#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

template <typename List>
std::vector<std::string> bytes_of(const List& words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) out.push_back(encode(words[i]));
  return out;
}

TEST(Treebank, WordsAreThePackages) {
  Treebank treebank;
  for (const WordsCase& recorded : recorded_words("treebank")) {
    Words words;
    treebank_words(decode(recorded.text), words);
    EXPECT_EQ(bytes_of(words), recorded.words) << recorded.text;
    for (int again = 0; again < 2; ++again) {
      words.clear();
      treebank.words(decode(recorded.text), words);
      EXPECT_EQ(bytes_of(words), recorded.words) << recorded.text;
    }
  }
}

TEST(Treebank, DividesClitics) {
  Words words;
  treebank_words(U"I can't go, he said: \"gimme 3.5!\"", words);
  EXPECT_EQ(bytes_of(words), (std::vector<std::string>{"I", "ca", "n't", "go", ",", "he", "said",
                                                       ":", "``", "gim", "me", "3.5", "!", "''"}));
}

/// Texts of pieces that the rules treat alike, alone and beside each other.
TEST(Treebank, PiecesAreCutAsTheWholeIs) {
  const TextView pieces[] = {
      U"\"",    U"'",  U"''",    U"``",   U"a",  U"b.",    U".",      U"...",   U")",      U".)",
      U"\"b\"", U",",  U"a,",    U",b",   U"'s", U"a's",   U"n't",    U"can't", U"don'",   U"'tis",
      U"'Twas", U"--", U"wanna", U"d'ye", U"\n", U"a\nb.", U"“a”",    U"’",     U"cannot", U"C",
      U"3:4",   U"x:", U"(\"",   U"[''",  U"&;", U"*",     U"more'n", U"",      U"é",      U"'e"};
  constexpr std::size_t kCount = std::size(pieces);
  Treebank treebank;
  std::uint32_t state = 3;
  for (int round = 0; round < 20'000; ++round) {
    Text text;
    for (std::uint32_t k = 0; k <= (state >> 8) % 5; ++k) {
      state = state * 1664525 + 1013904223;
      if (k > 0) text += U' ';
      text += pieces[(state >> 16) % kCount];
    }
    state = state * 1664525 + 1013904223;
    Words whole, parts;
    treebank_words(text, whole);
    treebank.words(text, parts);
    ASSERT_EQ(bytes_of(parts), bytes_of(whole)) << encode(text);
  }
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

TEST(Mecab, LongRunsAreCutWithoutLoss) {
  Segmenter segmenter(segmenter_folders(""));
  for (const char32_t c : {U'!', U'a', U'あ', U'龘'}) {
    const Text text(20'000, c);
    const auto words = segmenter.words(Language::kJapanese, text);
    if (!words.ok()) GTEST_SKIP() << words.error().message;
    Text joined;
    for (std::size_t i = 0; i < words->size(); ++i) joined += (*words)[i];
    EXPECT_EQ(joined, text);
  }
}

TEST(Segmenter, KnowsTheNamesOfLanguages) {
  for (const char* name : {"en", "Japanese", "jp", "fra", "spa", "ZH"})
    EXPECT_TRUE(parse_language(name).ok()) << name;
  EXPECT_FALSE(parse_language("de").ok());
}

}  // namespace
}  // namespace orch::score
