#include "jobs/data/instruct_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "jobs/tokenizer/train_bpe.h"

namespace orch::data {
namespace {

class InstructRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    tokenizer::BpeTrainer trainer({320, 2, {"<|endoftext|>"}});
    for (int i = 0; i < 20; ++i)
      trainer.add("Human: \nWhat is the organ of Xu?\n\nAssistant: \nliver kidney");
    const std::string json = trainer.train().value();
    tokenizer_ = tokenizer::Tokenizer::parse(json, trainer.config_json(), "t").value();
    path_ = folder_.path() + "/rows.jsonl";
  }

  Result<std::unique_ptr<InstructRows>> open(const std::string& text, int length = 64) {
    EXPECT_TRUE(write_file_atomic(path_, text).ok());
    return InstructRows::open(path_, *tokenizer_, TurnFormat{}, 3, length);
  }

  TemporaryDirectory folder_;
  std::string path_;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer_;
};

constexpr const char* kRow = "{\"prompt\": \"What is the organ of Xu?\", \"answer\": \"liver\"}\n";

TEST_F(InstructRowsTest, LossIsOnTheAnswerAndTheEnd) {
  const auto rows = open(kRow);
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  model::Batch batch;
  (*rows)->fill(0, 2, batch);
  ASSERT_EQ(batch.windows, 2);
  const auto prompt =
      tokenizer_->encode("Human: \nWhat is the organ of Xu?\n\nAssistant: \n", false);
  auto answer = tokenizer_->encode("liver", false);
  auto ids = prompt;
  ids.insert(ids.end(), answer.begin(), answer.end());
  answer.push_back(tokenizer_->end_of_text());
  for (std::size_t t = 0; t < 64; ++t) {
    const bool padding = t >= ids.size();
    EXPECT_EQ(batch.ids[t], padding ? tokenizer_->end_of_text() : ids[t]);
    const bool counted = !padding && t + 1 >= prompt.size();
    EXPECT_EQ(batch.labels[t], counted ? answer[t + 1 - prompt.size()] : -1) << t;
    EXPECT_EQ(batch.segment_start[t], padding ? static_cast<int>(t) : 0);
  }
}

TEST_F(InstructRowsTest, EachEpochTakesEachRowOnce) {
  std::string text;
  for (int i = 0; i < 50; ++i)
    text += "{\"prompt\": \"q" + std::to_string(i) + "\", \"answer\": \"" + std::to_string(i * 7) +
            "\"}\n";
  const auto rows = open(text);
  ASSERT_TRUE(rows.ok());
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::set<std::string> seen;
    for (std::uint64_t i = 0; i < 50; ++i) seen.insert((*rows)->provenance(epoch * 50 + i));
    EXPECT_EQ(seen.size(), 50u);
  }
  EXPECT_NE((*rows)->provenance(0).find(path_), std::string::npos);
}

TEST_F(InstructRowsTest, BadRowsAreNamed) {
  const std::string good = kRow;
  for (const std::string& bad :
       {std::string("{\"prompt\": \"a\"}\n"), std::string("nonsense\n"),
        std::string("{\"prompt\": 1, \"answer\": \"b\"}\n"),
        "{\"prompt\": \"a\", \"answer\": \"" + std::string(500, 'q') + "\"}\n"}) {
    const auto rows = open(good + bad);
    ASSERT_FALSE(rows.ok()) << bad;
    EXPECT_NE(rows.error().message.find(path_ + ":2: "), std::string::npos) << rows.error().message;
  }
  EXPECT_FALSE(open("\n\n").ok());
}

TEST(TurnFormat, SurvivesAsJson) {
  const TurnFormat format{"<|user|>\n\"", "\t\\", "Assistant: ", "é"};
  const auto back = parse_turn_format(turn_format_json(format), "turn_format.json");
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(*back, format);
  EXPECT_FALSE(parse_turn_format("{}", "x").ok());
  EXPECT_FALSE(parse_turn_format("", "x").ok());
}

TEST(TurnFormat, TemplateIsWrittenInJinja) {
  // Rendered by transformers 5 in `./dev parity`: the same ids as the rows.
  EXPECT_EQ(
      chat_template({"H'\n", "", "A: ", "\\"}, "<s>"),
      "{{ '<s>' }}{% for message in messages %}{% if message['role'] == 'user' %}{{ 'H\\'\\n' + "
      "message['content'] + '' }}{% elif message['role'] == 'assistant' %}{{ 'A: ' + "
      "message['content'] + "
      "'\\\\' + eos_token }}{% else %}{{ raise_exception('only user and assistant turns are "
      "known') }}"
      "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'A: ' }}{% endif %}");
}

}  // namespace
}  // namespace orch::data
