#include "jobs/score/samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/file.h"
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

class CompareTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    EXPECT_TRUE(write_file_atomic(path, text).ok());
    return path;
  }
  static std::string line(int id, int acc, const std::string& hash = "h") {
    return "{\"doc_id\": " + std::to_string(id) + ", \"doc_hash\": \"" + hash +
           "\", \"filter\": \"none\", \"acc\": " + std::to_string(acc) + ".0}\n";
  }
  TemporaryDirectory folder_;
};

TEST_F(CompareTest, CountsPairsInAnyOrder) {
  const auto base = write("a", line(1, 1) + line(2, 1) + line(3, 0) + line(4, 0));
  const auto candidate = write("b", line(4, 0) + line(3, 1) + line(2, 0) + line(1, 1));
  const auto j = compare_samples(base, candidate, "", 0.02, 0.05);
  ASSERT_TRUE(j.ok()) << j.error().message;
  EXPECT_EQ(j->items, 4);
  EXPECT_EQ(j->losses, 1);
  EXPECT_EQ(j->wins, 1);
  EXPECT_EQ(j->base, 0.5);
}

TEST_F(CompareTest, WhatAnEvaluationWritesCanBeCompared) {
  const Suite suite = choices();
  const auto base = write("a", samples_jsonl(suite, answers(suite, {1, 1, 1, 0})));
  const auto candidate = write("b", samples_jsonl(suite, answers(suite, {1, 0, 0, 1})));
  const auto j = compare_samples(base, candidate, "acc", 0.02, 0.05);
  ASSERT_TRUE(j.ok()) << j.error().message;
  EXPECT_EQ(j->losses, 2);
  EXPECT_EQ(j->wins, 1);
}

TEST_F(CompareTest, ListsWhatDoesNotMatch) {
  const auto good = write("good", line(1, 1) + line(2, 1));
  const auto refused = [&](const std::string& text, const char* named) {
    const auto j = compare_samples(good, write("other", text), "", 0.02, 0.05);
    ASSERT_FALSE(j.ok()) << text;
    EXPECT_EQ(j.error().code, Code::kInvalid);
    EXPECT_NE(j.error().message.find(named), std::string::npos) << j.error().message;
  };
  refused(line(1, 1), "doc_id 2");
  refused(line(1, 1) + line(2, 1) + line(7, 1), "doc_id 7");
  refused(line(1, 1) + line(2, 1) + line(2, 0), "duplicates: doc_id 2 (line 3)");
  refused(line(1, 1) + line(2, 1, "other"), "doc_hash differs for doc_id 2");
  refused(line(1, 1) + line(2, 5), "doc_id 2: 5.0");
  refused(line(1, 1) + "{\"doc_id\": 2, \"doc_hash\": \"h\"}\n", ":2: metric");
  refused(line(1, 1) + "{\"doc_id\": \"2\", \"acc\": 1}\n", ":2: key \"doc_id\"");
  refused(line(1, 1) + "what\n", ":2: not a JSON object");
  refused("", "no samples");
  EXPECT_EQ(compare_samples(good, folder_.path() + "/none", "", 0.02, 0.05).error().code,
            Code::kNotFound);
}

}  // namespace
}  // namespace orch::score
