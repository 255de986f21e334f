#include "jobs/score/profile_run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/jobs/score/score_lines.h"

namespace orch::score {
namespace {

using Json = nlohmann::json;

std::string task_row(const std::string& task, const std::string& prediction,
                     const std::string& reference) {
  return Json{{"id", 1},
              {"task_id", task},
              {"prediction", prediction},
              {"references", Json::array({reference})}}
             .dump() +
         "\n";
}

/// The last line of a run of a profile.
Json profile_of(const std::string& profile, const std::string& lines) {
  ScoreOptions options;
  options.profile = profile;
  const auto out = score_lines(lines, options);
  EXPECT_TRUE(out.ok()) << out.error().message;
  return out.ok() ? Json::parse(*out) : Json();
}

TEST(ProfileRun, AveragesOverTasksAsTheTablesDo) {
  const Json out = profile_of(
      "MedS-Bench/InformationExtraction",
      task_row("task1", "the aspirin", "Aspirin") + task_row("task1", "none", "aspirin") +
          task_row("task29", "5 mg", "5 mg") + task_row("task1", "aspirin\n", "'aspirin'"));
  EXPECT_EQ(out["items"], 4);
  EXPECT_EQ(out["printed"], "75.00");
  EXPECT_EQ(out["tasks"]["task1"]["printed"], "66.67");
  EXPECT_EQ(out["tasks"]["task1"]["items"], 3);
  EXPECT_EQ(out["tasks"]["task29"]["printed"], "100.00");
  EXPECT_EQ(out["average"]["printed"], "83.33");
  EXPECT_EQ(out["average"]["tasks"], 2);
  EXPECT_EQ(out["as_intended"]["average"]["printed"], "83.33");
  // One task needs no table.
  EXPECT_FALSE(
      profile_of("MedS-Bench/NLI", task_row("task41", "Neutral", "neutral")).contains("tasks"));
}

TEST(ProfileRun, LanguagesAreTasksToo) {
  const auto row = [](const char* language, const char* letter) {
    return Json{{"id", 1},
                {"language", language},
                {"prediction", std::string("###Answer: OPTION ") + letter + " IS CORRECT.</s>"},
                {"references", {"B"}}}
               .dump() +
           "\n";
  };
  const Json out = profile_of("MMedBench/Accuracy",
                              row("en", "B") + row("en", "A") + row("en", "B") + row("ja", "A"));
  EXPECT_EQ(out["tasks"]["en"]["printed"], "66.67");
  EXPECT_EQ(out["average"]["printed"], "33.33");
}

TEST(ProfileRun, CtAndMriAreOneCellEachAndReleasedLeavesThemOutOfTheAverage) {
  if (punkt_folder().empty()) GTEST_SKIP() << "no sentence model beside the project";
  ScoreOptions options;
  options.profile = "MedS-Bench/Summarization";
  options.punkt = punkt_folder();
  const auto text = score_lines(task_row("task114", "a b", "a b") + task_row("task78", "x", "a") +
                                    task_row("task83", "x", "a") + task_row("task88", "a", "a") +
                                    task_row("task94", "a", "a"),
                                options);
  ASSERT_TRUE(text.ok()) << text.error().message;
  const Json out = Json::parse(*text);
  EXPECT_EQ(out["tasks"]["CT"]["items"], 2);
  EXPECT_EQ(out["tasks"]["CT"]["printed"], "50.00/50.00");
  EXPECT_EQ(out["tasks"]["MRI"]["printed"], "100.00/100.00");
  EXPECT_EQ(out["as_released"]["average"]["printed"], "50.00/50.00");
  EXPECT_EQ(out["as_released"]["average"]["tasks"], 2);
  EXPECT_EQ(out["as_intended"]["average"]["printed"], "62.50/62.50");
}

TEST(ProfileRun, SharesAreRoundedAsTheScriptsRoundThem) {
  // 100 · 1 / 800 is exactly 0.125, a tie, which goes to the even digit.
  std::string lines;
  for (int i = 0; i < 800; ++i) lines += pair_row(i == 0 ? "true" : "false", "True");
  EXPECT_EQ(profile_of("MedS-Bench/OutcomePrediction", lines)["printed"], "0.12");
}

TEST(ProfileRun, AnEmptyCellIsWhatEachReleasedScriptMakesOfIt) {
  const auto null_row = [](const std::string& gold) {
    return "{\"id\": 2, \"prediction\": null, \"references\": [\"" + gold + "\"]}\n";
  };
  const std::string right = pair_row("no", "No");
  // str(NaN) is "nan", whose first letter is that of "no".
  Json out = profile_of("MedS-Bench/MCQA", right + null_row("No"));
  EXPECT_EQ(out["as_released"]["accuracy"], 1.0);
  EXPECT_EQ(out["as_intended"]["accuracy"], 0.5);
  out = profile_of("MedS-Bench/InformationExtraction", right + null_row("nan"));
  EXPECT_EQ(out["as_released"]["accuracy"], 1.0);
  EXPECT_EQ(out["as_intended"]["accuracy"], 0.5);
  // Where the script stops at it, it is wrong.
  out = profile_of("MedS-Bench/Diagnosis", right + null_row("nan"));
  EXPECT_EQ(out["as_released"]["accuracy"], 0.5);
  EXPECT_EQ(out["as_released"]["missing"], 0.5);
  // Elsewhere there are no empty cells.
  ScoreOptions options;
  options.profile = "MIBE/PubMedQA";
  EXPECT_FALSE(score_lines(null_row("no"), options).ok());
}

TEST(ProfileRun, MoreTasksThanATableHasAreRefused) {
  std::string lines;
  for (int i = 0; i < 1100; ++i) lines += task_row("t" + std::to_string(i), "x", "x");
  ScoreOptions options;
  options.profile = "MedS-Bench/Diagnosis";
  const auto out = score_lines(lines, options);
  ASSERT_FALSE(out.ok());
  EXPECT_NE(out.error().message.find("more than 1024 different tasks"), std::string::npos);
}

}  // namespace
}  // namespace orch::score
