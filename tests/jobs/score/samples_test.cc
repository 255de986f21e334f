#include "jobs/score/samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/sha256.h"

namespace orch::score {
namespace {

Suite choices() {
  Suite suite;
  suite.name = "quiz";
  suite.items_original = 5;
  for (int i = 0; i < 4; ++i) {
    Item item;
    item.doc_id = i;
    item.doc =
        "{\"question\":\"é" + std::to_string(i) + "\",\"options\":[\"aa\",\"b\"],\"answer\":0}";
    item.context = "Question: é" + std::to_string(i) + "\nAnswer:";
    item.continuations = {" aa", " b"};
    item.target = "aa";
    suite.items.push_back(std::move(item));
  }
  return suite;
}

std::vector<Sample> answers(const Suite& suite, const std::vector<int>& right) {
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < suite.items.size(); ++i) {
    Sample sample;
    sample.item = &suite.items[i];
    sample.scores = {{right[i] ? -1.0 : -3.0, true}, {-2.0, false}};
    samples.push_back(std::move(sample));
  }
  return samples;
}

TEST(Sample, HighestSumWinsAndTiesGoToTheFirst) {
  const Suite suite = choices();
  Sample sample{&suite.items[0], {{-2, false}, {-2, false}}, ""};
  EXPECT_TRUE(sample.right());
  sample.scores = {{-2.5, false}, {-2, false}};
  EXPECT_FALSE(sample.right());
  EXPECT_TRUE(sample.right_normalised());  // -2.5 / 2 characters against -2 / 1
}

TEST(Samples, LinesHaveTheHarnessKeys) {
  const Suite suite = choices();
  const auto samples = answers(suite, {1, 0, 1, 1});
  const auto line = nlohmann::ordered_json::parse(sample_json(suite, samples[1]));
  EXPECT_EQ(line["doc_id"], 1);
  EXPECT_EQ(line["target"], "0");
  EXPECT_EQ(line["arguments"]["gen_args_1"]["arg_1"], " b");
  EXPECT_EQ(line["resps"][0][0][0], "-3.0");
  EXPECT_EQ(line["resps"][0][0][1], "True");
  EXPECT_EQ(line["filtered_resps"][1][1], "False");
  EXPECT_EQ(line["filter"], "none");
  EXPECT_EQ(line["acc"], 0.0);
  EXPECT_EQ(line["prompt_hash"], sha256_hex(suite.items[1].context));
  EXPECT_EQ(line["target_hash"], sha256_hex("0"));
  // json.dumps(doc, indent=2, ensure_ascii=False)
  EXPECT_EQ(
      line["doc_hash"],
      sha256_hex("{\n  \"question\": \"é1\",\n  \"options\": [\n    \"aa\",\n    \"b\"\n  ],\n"
                 "  \"answer\": 0\n}"));
}

TEST(Results, MeansAndErrorsAsTheHarnessHasThem) {
  const Suite suite = choices();
  const auto score = summarise(suite, answers(suite, {1, 0, 1, 1}));
  EXPECT_DOUBLE_EQ(score.metrics.at("acc").first, 0.75);
  EXPECT_NEAR(score.metrics.at("acc").second, std::sqrt(0.1875 / 3), 1e-15);
  ResultsHeader header;
  header.model = "dir";
  header.label = "base";
  header.suite_roles = {{"quiz", "general"}};
  const auto json = nlohmann::json::parse(results_json(header, {score}));
  EXPECT_EQ(json["results"]["quiz"]["acc,none"], 0.75);
  EXPECT_EQ(json["n-samples"]["quiz"]["original"], 5);
  EXPECT_EQ(json["n-samples"]["quiz"]["effective"], 4);
  EXPECT_EQ(json["orch"]["label"], "base");
  EXPECT_EQ(json["orch"]["suite_roles"]["quiz"], "general");
}

TEST(Results, GroupsWeighItemsAlike) {
  SuiteScore a, b;
  a.name = "mmlu_a";
  b.name = "mmlu_b";
  a.group = b.group = "mmlu";
  a.items = 10;
  b.items = 30;
  a.metrics["acc"] = {0.5, 0.1};
  b.metrics["acc"] = {0.9, 0.05};
  const auto json = nlohmann::json::parse(results_json({}, {a, b}));
  EXPECT_NEAR(json["groups"]["mmlu"]["acc,none"], 0.8, 1e-15);
  EXPECT_NEAR(json["results"]["mmlu"]["acc_stderr,none"],
              std::sqrt((9 * 0.01 * 10 + 29 * 0.0025 * 30) / 38 / 40), 1e-15);
  EXPECT_EQ(json["group_subtasks"]["mmlu"].size(), 2u);
}

}  // namespace
}  // namespace orch::score
