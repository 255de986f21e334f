#include "jobs/score/suites.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "jobs/score/csv.h"
#include "jobs/tokenizer/train_bpe.h"

namespace orch::score {
namespace {

constexpr const char* kItems =
    "{\"question\": \"What is the diet of Xu?\", \"options\": [\"ants\", \"nuts\"], \"answer\": 1, "
    "\"entity\": \"Xu\"}\n"
    "{\"question\": \"What is the core of Bo?\", \"options\": [\"iron\", \"zinc\"], \"answer\": "
    "0}\n";

class SuitesTest : public testing::Test {
 protected:
  SuiteRequest request(const std::string& text, const std::string& format,
                       const std::string& kind) {
    SuiteRequest request;
    request.name = "s";
    request.format = format;
    request.kind = kind;
    request.path = folder_.path() + "/s.jsonl";
    EXPECT_TRUE(write_file_atomic(request.path, text).ok());
    return request;
  }
  Suite one(const SuiteRequest& request) {
    auto suites = load_suite(request);
    EXPECT_TRUE(suites.ok()) << suites.error().message;
    EXPECT_EQ(suites->size(), 1u);
    return std::move(suites->front());
  }
  TemporaryDirectory folder_;
};

TEST_F(SuitesTest, JsonLinesScoreTheOptionsTexts) {
  const Suite suite = one(request(kItems, "jsonl", "multiple_choice"));
  ASSERT_EQ(suite.items.size(), 2u);
  const Item& item = suite.items[0];
  EXPECT_EQ(item.context, "Question: What is the diet of Xu?\nAnswer:");
  EXPECT_EQ(item.continuations, (std::vector<std::string>{" ants", " nuts"}));
  EXPECT_EQ(item.gold, 1);
  EXPECT_EQ(item.target, "nuts");
  EXPECT_EQ(nlohmann::json::parse(item.doc)["entity"], "Xu");
}

TEST_F(SuitesTest, ShotsAreTheFirstOthers) {
  auto wanted = request(kItems, "jsonl", "multiple_choice");
  wanted.num_fewshot = 1;
  const Suite suite = one(wanted);
  EXPECT_EQ(suite.items[0].context,
            "Question: What is the core of Bo?\nAnswer: iron\n\nQuestion: What is the diet of "
            "Xu?\nAnswer:");
  EXPECT_EQ(suite.items[1].context,
            "Question: What is the diet of Xu?\nAnswer: nuts\n\nQuestion: What is the core of "
            "Bo?\nAnswer:");
  wanted.num_fewshot = 2;
  EXPECT_FALSE(load_suite(wanted).ok());
}

TEST_F(SuitesTest, TurnsWrapTheQuestion) {
  const data::TurnFormat turns;
  auto wanted = request("{\"prompt\": \"What?\", \"answer\": \"that\"}\n", "pairs", "generate");
  EXPECT_EQ(one(wanted).items[0].context, "What?");
  wanted.turns = &turns;
  const Suite suite = one(wanted);
  EXPECT_EQ(suite.items[0].context, "Human: \nWhat?\n\nAssistant: \n");
  EXPECT_EQ(suite.items[0].target, "that");
  auto choice = request(kItems, "jsonl", "multiple_choice");
  choice.turns = &turns;
  const Suite chosen = one(choice);
  EXPECT_EQ(chosen.items[0].context, "Human: \nWhat is the diet of Xu?\n\nAssistant: \n");
  EXPECT_EQ(chosen.items[0].continuations[0], "ants");
}

TEST_F(SuitesTest, MedqaScoresLetters) {
  const Suite suite = one(
      request("{\"question\": \"A man?\", \"options\": {\"A\": \"x\", \"B\": \"y\"}, \"answer\": "
              "\"y\", \"answer_idx\": \"B\"}\n",
              "medqa", "multiple_choice"));
  EXPECT_EQ(suite.items[0].context, "Question: A man?\nA. x\nB. y\nAnswer:");
  EXPECT_EQ(suite.items[0].continuations, (std::vector<std::string>{" A", " B"}));
  EXPECT_EQ(suite.items[0].gold, 1);
}

TEST_F(SuitesTest, MmluFolderGivesASuiteASubject) {
  const std::string root = folder_.path() + "/mmlu";
  ASSERT_TRUE(make_directories(root + "/test").ok());
  ASSERT_TRUE(make_directories(root + "/dev").ok());
  ASSERT_TRUE(
      write_file_atomic(root + "/test/us_history_test.csv",
                        "question,choice0,choice1,choice2,choice3,answer\n\" Who, when\"\"?\nand "
                        "where \",a,b,c , d,2\n")
          .ok());
  ASSERT_TRUE(
      write_file_atomic(root + "/test/anatomy_test.csv", "Q1,a,b,c,d,A\r\nQ2,a,b,c,d,D\r\n").ok());
  ASSERT_TRUE(
      write_file_atomic(root + "/dev/us_history_dev.csv", "D1,e,f,g,h,B\nD2,e,f,g,h,A\n").ok());
  ASSERT_TRUE(write_file_atomic(root + "/dev/anatomy_dev.csv", "D1,e,f,g,h,B\n").ok());
  SuiteRequest wanted{.name = "mmlu", .format = "mmlu", .path = root, .num_fewshot = 1};
  const auto suites = load_suite(wanted);
  ASSERT_TRUE(suites.ok()) << suites.error().message;
  ASSERT_EQ(suites->size(), 2u);
  EXPECT_EQ((*suites)[0].name, "mmlu_anatomy");
  EXPECT_EQ((*suites)[0].group, "mmlu");
  EXPECT_EQ((*suites)[0].items.size(), 2u);
  EXPECT_EQ((*suites)[0].items[1].gold, 3);
  const Item& item = (*suites)[1].items[0];
  EXPECT_EQ(item.context,
            "The following are multiple choice questions (with answers) about us history.\n\n"
            "D1\nA. e\nB. f\nC. g\nD. h\nAnswer: B\n\nWho, when\"?\nand where\nA. a\nB. b\nC. c "
            "\nD.  d\nAnswer:");
  EXPECT_EQ(item.continuations[2], " C");
  EXPECT_EQ(item.gold, 2);
  wanted.num_fewshot = 2;
  EXPECT_NE(load_suite(wanted).error().message.find("anatomy_dev.csv"), std::string::npos);
}

TEST_F(SuitesTest, BadItemsAreNamed) {
  const std::string good = "{\"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 0}\n";
  for (const char* bad : {"{", "[]", "{\"question\": \"q\"}",
                          "{\"question\": \"q\", \"options\": [\"a\"], \"answer\": 0}",
                          "{\"question\": \"q\", \"options\": [\"a\", \"b\"], \"answer\": 2}",
                          "{\"question\": \"q\", \"options\": [\"a\", 1], \"answer\": 0}",
                          "{\"question\": 5, \"options\": [\"a\", \"b\"], \"answer\": 0}"}) {
    const auto wanted = request(good + bad + "\n", "jsonl", "multiple_choice");
    const auto suites = load_suite(wanted);
    ASSERT_FALSE(suites.ok()) << bad;
    EXPECT_NE(suites.error().message.find(wanted.path + ":2: "), std::string::npos)
        << suites.error().message;
  }
  EXPECT_FALSE(load_suite(request(good, "parquet", "multiple_choice")).ok());
  EXPECT_FALSE(load_suite(request(good, "jsonl", "guess")).ok());
  EXPECT_FALSE(load_suite(request("", "jsonl", "multiple_choice")).ok());
  EXPECT_FALSE(load_suite(request(good, "pairs", "multiple_choice")).ok());
}

TEST(Csv, QuotesAndLines) {
  const auto rows = parse_csv("a,\"b,\"\"c\"\"\nd\",e\r\n\r\nf,,\n", "x.csv");
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].fields, (std::vector<std::string>{"a", "b,\"c\"\nd", "e"}));
  EXPECT_EQ((*rows)[1].fields, (std::vector<std::string>{"f", "", ""}));
  EXPECT_EQ((*rows)[1].line, 4u);
  EXPECT_NE(parse_csv("a\n\"b\nc", "x.csv").error().message.find("x.csv:2"), std::string::npos);
}

TEST(TokenRequest, SplitsAsTheHarnessDoes) {
  tokenizer::BpeTrainer trainer({330, 2, {"<|endoftext|>"}});
  for (int i = 0; i < 9; ++i)
    trainer.add("Question: is it ants?\nAnswer: ants\n\nAssistant: \nants");
  const std::string json = trainer.train().value();
  const auto tokenizer = tokenizer::Tokenizer::parse(json, trainer.config_json(), "t").value();
  Item item;
  item.context = "Question: is it ants?\nAnswer:";
  item.continuations = {" ants", " Answer"};
  TokenRequest tokens = token_request(item, *tokenizer);
  EXPECT_EQ(tokens.context, tokenizer->encode(item.context, false));
  EXPECT_EQ(tokens.continuations[0], tokenizer->encode(" ants", false));
  // Trailing white space goes to the continuations.
  item.context = "Assistant: \n";
  item.continuations = {"ants"};
  tokens = token_request(item, *tokenizer);
  EXPECT_EQ(tokens.context, tokenizer->encode("Assistant:", false));
  EXPECT_EQ(tokenizer->decode(tokens.continuations[0], false), " \nants");
  // Nothing to read: the end of text.
  item.context = "";
  tokens = token_request(item, *tokenizer);
  EXPECT_EQ(tokens.context, std::vector<std::int32_t>{tokenizer->end_of_text()});
  EXPECT_EQ(tokens.continuations[0], tokenizer->encode("ants", false));
}

TEST(TokenRequest, IsCutFromTheLeftToFit) {
  TokenRequest request{{1, 2, 3, 4, 5}, {{6}, {7, 8}}};
  EXPECT_EQ(fit_request(request, 6), 0);
  EXPECT_EQ(fit_request(request, 5), 1);
  EXPECT_EQ(request.context, (std::vector<std::int32_t>{2, 3, 4, 5}));
  EXPECT_EQ(fit_request(request, 1), 3);
  EXPECT_EQ(request.context, std::vector<std::int32_t>{5});
}

}  // namespace
}  // namespace orch::score
