// Metrics against recorded values of their packages: nltk 3.9.1, rouge 1.0.1, rouge-score 0.1.2,
// sacrebleu 2.6.0, seqeval 1.2.2, scikit-learn 1.9.1, jieba 0.42.1.

#include "jobs/score/metrics.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "jobs/score/lcs.h"
#include "jobs/score/porter.h"
#include "jobs/score/score_file.h"
#include "jobs/score/segmenter.h"
#include "jobs/score/treebank.h"

namespace orch::score {
namespace {

using Json = nlohmann::json;

Result<std::string> run(const std::string& lines, ScoreOptions options) {
  const TemporaryDirectory folder;
  options.file = join_path(folder.path(), "rows.jsonl");
  EXPECT_TRUE(write_file_atomic(options.file, lines).ok());
  const std::string out = join_path(folder.path(), "out");
  std::FILE* const file = std::fopen(out.c_str(), "w");
  const Result<void> done = score_file(options, file);
  std::fclose(file);
  if (!done.ok()) return done.error();
  return read_file(out);
}

Json score(const std::string& lines, const std::vector<std::string>& metrics) {
  ScoreOptions options;
  options.metrics = metrics;
  const auto out = run(lines, options);
  EXPECT_TRUE(out.ok()) << out.error().message;
  return Json::parse(out.ok() ? *out : "{}");
}

std::string pair_row(const std::string& prediction, const std::string& reference) {
  return Json{{"id", 1}, {"prediction", prediction}, {"references", {reference}}}.dump() + "\n";
}

TEST(Metrics, RougeOfOnePairDiffersByPackage) {
  const Json values = score(pair_row("The cat sat. On the mat", "the cat sat on a mat."),
                            {"rouge1_google", "rougeL_google", "rouge1_pltrdy", "rougeL_pltrdy"});
  EXPECT_NEAR(values["rouge1_google"], 10.0 / 12, 1e-12);
  EXPECT_NEAR(values["rougeL_google"], 10.0 / 12, 1e-12);
  // {The cat sat On the mat} and {the cat sat on a mat} share {the cat sat mat}.
  EXPECT_NEAR(values["rouge1_pltrdy"], 2 * (4. / 6 * 4 / 6) / (8. / 6 + 1e-8), 1e-12);
}

TEST(Metrics, SacrebleuHasItsSignature) {
  const Json values = score(pair_row("the cat sat on the mat", "the cat sat on the mat"),
                            {"bleu_sacrebleu", "chrf_sacrebleu"});
  EXPECT_NEAR(values["bleu_sacrebleu"], 100.0, 1e-10);
  EXPECT_NEAR(values["chrf_sacrebleu"], 100.0, 1e-10);
  EXPECT_EQ(values["bleu_sacrebleu_signature"],
            "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");
}

TEST(Metrics, GoldOnlyLeavesOutPredictedLabels) {
  const Json values = score(pair_row("a", "a") + pair_row("missing", "b"),
                            {"f1_macro", "f1_macro_gold", "accuracy"});
  EXPECT_NEAR(values["f1_macro"], 1.0 / 3, 1e-12);
  EXPECT_NEAR(values["f1_macro_gold"], 0.5, 1e-12);
}

TEST(Metrics, ExamPointsAreComparedAsSets) {
  const Json values = score(R"({"id":1,"prediction":["B","A"],"references":[["A","B"]],"points":2}
{"id":2,"prediction":["C"],"references":[["A"],["B"]]}
{"id":3,"prediction":[],"references":[]})",
                            {"multi_answer_points"});
  EXPECT_EQ(values["multi_answer_points"], (Json{{"points", 3}, {"maximum", 4}}));
}

TEST(Metrics, EntitiesAreChunksOfConlleval) {
  const Json values =
      score(R"({"id":1,"prediction":["B-x","I-y","O"],"references":[["B-x","O","O"]]})",
            {"seqeval_f1", "seqeval_precision", "token_accuracy"});
  EXPECT_NEAR(values["seqeval_precision"], 0.5, 1e-12);
  EXPECT_NEAR(values["seqeval_f1"], 2.0 / 3, 1e-12);
  EXPECT_EQ(values["seqeval_f1_by_type"]["y"], 0.0);
}

TEST(Metrics, IdenticalStringsScoreBelowOneUnderTheReleasedCharacterF1) {
  const Json values = score(pair_row("aspirin", "aspirin"), {"char_f1_mibe_emrqa", "token_f1"});
  EXPECT_NEAR(values["char_f1_mibe_emrqa"], 6.0 / 7, 1e-12);
  EXPECT_EQ(values["token_f1"], 1.0);
}

TEST(Metrics, RankedHits) {
  const Json values =
      score(R"({"id":1,"prediction":["x","y"],"references":["y"]})", {"hit@1", "hit@2"});
  EXPECT_EQ(values["hit@1"], 0.0);
  EXPECT_EQ(values["hit@2"], 1.0);
}

TEST(Metrics, AProfileReportsBothForms) {
  ScoreOptions options;
  options.profile = "MIBE/MedQA@as_released";
  const auto out = run(pair_row("C. Because of pain", "C"), options);
  ASSERT_TRUE(out.ok()) << out.error().message;
  const Json values = Json::parse(*out);
  EXPECT_EQ(values["accuracy"], 0.0);  // the B of "Because"
  EXPECT_EQ(values["as_intended"]["accuracy"], 1.0);
}

TEST(Metrics, BadLinesAreNamed) {
  ScoreOptions options;
  options.metrics = {"exact_match"};
  const std::string good = pair_row("a", "a");
  for (const char* bad : {"{", "[]", "{\"id\":1,\"prediction\":\"a\"}",
                          "{\"id\":1,\"prediction\":[\"a\"],\"references\":[[\"a\"]]}",
                          "{\"id\":1,\"prediction\":\"\\uD800\",\"references\":[\"a\"]}",
                          "{\"id\":1,\"prediction\":\"a\",\"references\":\"a\"}"}) {
    const auto out = run(good + bad + "\n", options);
    ASSERT_FALSE(out.ok()) << bad;
    EXPECT_NE(out.error().message.find("rows.jsonl:2: "), std::string::npos) << out.error().message;
  }
}

TEST(Porter, HasTheExtensionsOfNltk) {
  for (const auto& [word, stem] : {std::pair{"dying", "die"},
                                   {"flies", "fli"},
                                   {"dies", "die"},
                                   {"generalizations", "gener"},
                                   {"relational", "relat"},
                                   {"hopping", "hop"},
                                   {"enjoy", "enjoy"},
                                   {"agreed", "agre"}})
    EXPECT_EQ(porter_stem(word), stem);
}

TEST(Treebank, DividesClitics) {
  std::vector<Text> words;
  treebank_words(U"I can't go, he said: \"gimme 3.5!\"", words);
  std::string joined;
  for (const Text& word : words) joined += encode(word) + "|";
  EXPECT_EQ(joined, "I|ca|n't|go|,|he|said|:|``|gim|me|3.5|!|''|");
}

TEST(Lcs, LongAndShortWalksAgree) {
  std::vector<std::uint32_t> x, y;
  std::uint32_t state = 1;
  for (int i = 0; i < 3000; ++i) {
    state = state * 1664525 + 1013904223;
    (i % 2 == 0 ? x : y).push_back(state >> 28);
  }
  Lcs lcs;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  lcs.pairs(x, y, 16, pairs);
  EXPECT_EQ(pairs.size(), lcs.length(x, y, 16));
  for (const auto& [i, j] : pairs) EXPECT_EQ(x[i], y[j]);
}

TEST(Segmenter, ChineseWordsByJieba) {
  Segmenter segmenter(segmenter_folders(""));
  const auto words = segmenter.words(Language::kChinese, U"我来到北京清华大学");
  if (!words.ok()) GTEST_SKIP() << words.error().message;
  ASSERT_EQ(words->size(), 4u);
  EXPECT_EQ(encode((*words)[3]), "清华大学");
}

TEST(Segmenter, JapaneseWordsByMecab) {
  Segmenter segmenter(segmenter_folders(""));
  const auto words = segmenter.words(Language::kJapanese, U"すもももももももものうち");
  if (!words.ok()) GTEST_SKIP() << words.error().message;
  EXPECT_EQ(words->size(), 7u);
}

}  // namespace
}  // namespace orch::score
