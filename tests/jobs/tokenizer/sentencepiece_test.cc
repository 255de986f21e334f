// SentencePiece models against ids that the library itself gave (vectors/sentencepiece.jsonl), and
// the tokens that a tokenizer_config.json adds to them.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "jobs/data/documents.h"
#include "jobs/tokenizer/base64.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::tokenizer {
namespace {

using nlohmann::json;
using Ids = std::vector<std::int32_t>;

std::vector<json> recorded() {
  std::vector<json> rows;
  const std::string path =
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/sentencepiece.jsonl";
  EXPECT_TRUE(data::read_lines(path, [&](std::string_view line, std::uint64_t) {
                rows.push_back(json::parse(line));
                return Result<void>();
              }).ok());
  return rows;
}

/// A model's folder with the first recorded model (BPE, bytes for what is unknown).
class ModelFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "sentencepiece_test";
    ASSERT_TRUE(make_directories(folder_).ok());
    (void)remove_tree(config());
    row_ = recorded().front();
    write_model(row_);
  }
  void write_model(const json& row) {
    const auto bytes = decode_base64(row["model"].get<std::string>());
    ASSERT_TRUE(bytes);
    ASSERT_TRUE(write_file_atomic(folder_ + "/tokenizer.model", *bytes).ok());
  }
  void write_config(const json& value) {
    ASSERT_TRUE(write_file_atomic(config(), value.dump()).ok());
  }
  std::string config() const { return folder_ + "/tokenizer_config.json"; }

  std::string folder_;
  json row_;
};

TEST_F(ModelFolder, GivesTheLibrarysIds) {
  const auto rows = recorded();
  EXPECT_EQ(rows.size(), 6u);
  for (const json& row : rows) {
    SCOPED_TRACE(row["name"].get<std::string>());
    write_model(row);
    const auto tokenizer = Tokenizer::open(folder_);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
    for (const json& probe : row["probes"]) {
      const auto text = probe["text"].get<std::string>();
      EXPECT_EQ((*tokenizer)->encode(text, false), probe["ids"].get<Ids>()) << text;
      const auto got = (*tokenizer)->encode_with_offsets(text, false);
      ASSERT_TRUE(got.ok());
      EXPECT_EQ(got->ids, probe["ids"].get<Ids>()) << text;
    }
    // What goes into checkpoints is the same tokenizer.
    const auto again = Tokenizer::parse((*tokenizer)->json(), "", "again");
    ASSERT_TRUE(again.ok()) << again.error().message;
    for (const json& probe : row["probes"])
      EXPECT_EQ((*again)->encode(probe["text"].get<std::string>(), false), probe["ids"].get<Ids>());
  }
}

TEST_F(ModelFolder, TakesBeginAndEndFromTheConfiguration) {
  const auto plain = Tokenizer::open(folder_);
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ((*plain)->encode("", true), Ids({1}));
  EXPECT_EQ((*plain)->end_of_text_token(), "</s>");
  write_config({{"add_bos_token", false}, {"add_eos_token", true}});
  const auto other = Tokenizer::open(folder_);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ((*other)->encode("", true), Ids({2}));
}

TEST_F(ModelFolder, AddsTheConfigurationsTokens) {
  const auto plain = Tokenizer::open(folder_);
  ASSERT_TRUE(plain.ok());
  const int size = (*plain)->vocabulary_size();
  const std::string last = std::to_string(size - 1), next = std::to_string(size + 1);
  write_config({{"added_tokens_decoder",
                 {{last, {{"content", "<|turn|>"}, {"special", true}}},
                  {next, {{"content", "<tool>"}, {"special", false}, {"lstrip", true}}}}},
                {"eos_token", "<|turn|>"}});
  const auto tokenizer = Tokenizer::open(folder_);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->end_of_text(), size - 1);
  EXPECT_EQ((*tokenizer)->vocabulary_size(), size + 2);
  Ids want = {size - 1};
  for (const std::int32_t id : (*plain)->encode("the", false)) want.push_back(id);
  want.push_back(size + 1);
  EXPECT_EQ((*tokenizer)->encode("<|turn|>the <tool>", false), want);
  EXPECT_TRUE((*tokenizer)->is_special(size - 1));
  EXPECT_FALSE((*tokenizer)->is_special(size + 1));
}

TEST_F(ModelFolder, RefusesConfigurationsThatDoNotFit) {
  const struct {
    json tokens;
    const char* named;
  } cases[] = {
      {json::array(), "object"},
      {{{"x", {{"content", "a"}}}}, "'x'"},
      {{{"900000000", {{"content", "a"}}}}, "'900000000'"},
      {{{"9000000", {{"content", "a"}}}}, "'9000000'"},
      {{{"5", {{"content", ""}}}}, "'5'"},
      {{{"5", "a"}}, "'5'"},
      {{{"5", {{"content", "</s>"}}}}, "'</s>'"},
  };
  for (const auto& broken : cases) {
    write_config({{"added_tokens_decoder", broken.tokens}});
    const auto tokenizer = Tokenizer::open(folder_);
    ASSERT_FALSE(tokenizer.ok()) << broken.tokens;
    EXPECT_NE(tokenizer.error().message.find(broken.named), std::string::npos)
        << tokenizer.error().message;
  }
}

TEST_F(ModelFolder, RefusesDamagedModels) {
  const std::string whole = *decode_base64(row_["model"].get<std::string>());
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    ASSERT_TRUE(write_file_atomic(folder_ + "/tokenizer.model", whole.substr(0, size)).ok());
    (void)Tokenizer::open(folder_);  // an error or a smaller model, never a crash
  }
  for (std::size_t at = 0; at < 2000; at += 7) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5A);
    ASSERT_TRUE(write_file_atomic(folder_ + "/tokenizer.model", damaged).ok());
    (void)Tokenizer::open(folder_);
  }
}

}  // namespace
}  // namespace orch::tokenizer
