#include "jobs/tokenizer/tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "jobs/data/documents.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/train_bpe.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {
namespace {

// Recorded with Hugging Face tokenizers 0.23.3 by vectors/make_vectors.py.
const std::string kVectors = std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/";

std::unique_ptr<Tokenizer> recorded() {
  auto tokenizer = Tokenizer::open(kVectors + "trained.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  return std::move(tokenizer).value();
}

std::string trained_json(int vocabulary) {
  BpeTrainer trainer({vocabulary, 2, {"<|endoftext|>", "<|turn|>"}});
  const auto read =
      data::read_documents(kVectors + "corpus.jsonl", [&](std::string_view text, std::uint64_t) {
        trainer.add(text);
        return Result<void>();
      });
  EXPECT_TRUE(read.ok());
  return trainer.train().value();
}

template <typename Check>
void for_each_probe(const Check& check) {
  int count = 0;
  const auto read =
      data::read_lines(kVectors + "probes.jsonl", [&](std::string_view line, std::uint64_t) {
        const auto row = nlohmann::json::parse(line);
        check(row["text"].get<std::string>(), row["ids"].get<std::vector<std::int32_t>>(),
              row["decoded"].get<std::string>());
        ++count;
        return Result<void>();
      });
  ASSERT_TRUE(read.ok());
  EXPECT_GT(count, 400);
}

TEST(Tokenizer, EncodesAndDecodesAsRecorded) {
  const auto tokenizer = recorded();
  for_each_probe([&](const std::string& text, const std::vector<std::int32_t>& ids,
                     const std::string& decoded) {
    EXPECT_EQ(tokenizer->encode(text, false), ids) << text;
    EXPECT_EQ(tokenizer->decode(ids, false), decoded) << text;
  });
}

TEST(Tokenizer, IncrementalDecodingEqualsWhole) {
  const auto tokenizer = recorded();
  for_each_probe([&](const std::string& text, const std::vector<std::int32_t>& ids,
                     const std::string& decoded) {
    IncrementalDecoder decoder(*tokenizer, false);
    std::string out;
    for (const std::int32_t id : ids) {
      out += decoder.push(id);
      EXPECT_EQ(valid_utf8_prefix(out), out.size()) << text;
    }
    EXPECT_EQ(out + decoder.finish(), decoded) << text;
  });
}

TEST(Tokenizer, SpecialTokensAreRecognisedAndSkipped) {
  const auto tokenizer = recorded();
  EXPECT_EQ(tokenizer->end_of_text(), 0);
  const auto ids = tokenizer->encode("a<|endoftext|><|turn|>", false);
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[1], 0);
  EXPECT_EQ(ids[2], 1);
  EXPECT_EQ(tokenizer->decode(ids, true), "a");
  EXPECT_EQ(tokenizer->decode(ids, false), "a<|endoftext|><|turn|>");
  EXPECT_EQ(tokenizer->id_of("<|turn|>"), 1);
  EXPECT_EQ(tokenizer->id_of("no such token"), std::nullopt);
}

TEST(Tokenizer, InvalidUtf8BecomesReplacementCharacters) {
  const auto tokenizer = recorded();
  EXPECT_EQ(tokenizer->encode("a\xFF\xE2\x82z", false), tokenizer->encode("a\uFFFD\uFFFDz", false));
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{99999, -1}, false), "");
}

TEST(Tokenizer, AddsWhatTheTemplateSays) {
  auto json = nlohmann::json::parse(*read_file(kVectors + "trained.json"));
  json["post_processor"] = nlohmann::json::parse(R"({"type": "Sequence", "processors": [
    {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true},
    {"type": "TemplateProcessing", "pair": [],
     "single": [{"SpecialToken": {"id": "<|turn|>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}}],
     "special_tokens": {"<|turn|>": {"id": "<|turn|>", "ids": [1], "tokens": ["<|turn|>"]}}}]})");
  const auto tokenizer =
      Tokenizer::parse(json.dump(), R"({"eos_token": {"content": "<|turn|>"}})", "t");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  auto plain = (*tokenizer)->encode("liver", false);
  plain.insert(plain.begin(), 1);
  EXPECT_EQ((*tokenizer)->encode("liver", true), plain);
  EXPECT_EQ((*tokenizer)->end_of_text(), 1);
}

TEST(TrainBpe, GivesTheRecordedMerges) {
  const auto theirs = parse_tokenizer_file(*read_file(kVectors + "trained.json"), "theirs");
  const auto ours = parse_tokenizer_file(trained_json(450), "ours");
  ASSERT_TRUE(theirs.ok()) << theirs.error().message;
  ASSERT_TRUE(ours.ok()) << ours.error().message;
  EXPECT_EQ(ours->tokens, theirs->tokens);
  const auto& learnt = std::get<spec::Bpe>(ours->model).merges;
  const auto& expected = std::get<spec::Bpe>(theirs->model).merges;
  ASSERT_EQ(learnt.size(), expected.size());
  for (std::size_t i = 0; i < learnt.size(); ++i) {
    EXPECT_EQ(learnt[i].left, expected[i].left) << i;
    EXPECT_EQ(learnt[i].right, expected[i].right) << i;
  }
}

TEST(TrainBpe, StopsWhenNothingIsFrequentEnough) {
  const auto file = parse_tokenizer_file(trained_json(60000), "ours");
  ASSERT_TRUE(file.ok());
  EXPECT_LT(file->tokens.size(), 60000u);
}

TEST(TrainBpe, RefusesWrongOptions) {
  EXPECT_NE(BpeTrainer({100, 2, {"<eos>"}}).train().error().message.find("257"), std::string::npos);
  EXPECT_FALSE(BpeTrainer({1000, 2, {"a b", "a b"}}).train().ok());
  EXPECT_FALSE(BpeTrainer({1000, 2, {""}}).train().ok());
  EXPECT_FALSE(BpeTrainer({1000, 2, {"!"}}).train().ok());
}

TEST(TrainBpe, WritesFilesThatOpen) {
  const TemporaryDirectory directory;
  BpeTrainer trainer({300, 2, {"<|end|>"}});
  trainer.add("aa aa aa aa \"quoted\\\" \n");
  const std::string json = trainer.train().value();
  ASSERT_TRUE(write_tokenizer(directory.path(), json, trainer.config_json()).ok());
  const auto tokenizer = Tokenizer::open(directory.path());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ((*tokenizer)->end_of_text_token(), "<|end|>");
  EXPECT_EQ((*tokenizer)->json(), json);
  EXPECT_EQ((*tokenizer)->decode((*tokenizer)->encode("aa \"é\\\n", false), false), "aa \"é\\\n");
}

/// A broken file and what the message must name.
struct Broken {
  const char* pointer;
  const char* value;
  const char* named;
};

TEST(TokenizerFile, NamesWhatItDoesNotKnow) {
  const Broken cases[] = {
      {"/normalizer", R"({"type": "Cyrillic"})", "Cyrillic"},
      {"/normalizer", R"({"type": "Strip", "strip_left": 1, "strip_right": true})", "strip_left"},
      {"/normalizer", R"({"type": "NFC", "surprise": 1})", "surprise"},
      {"/normalizer", R"({"type": "Precompiled", "precompiled_charsmap": "?"})", "charsmap"},
      {"/normalizer", R"("NFC")", "normalizer"},
      {"/model/type", R"("Unigram")", "model: key"},
      {"/model/type", R"("Trie")", "Trie"},
      {"/model/byte_fallback", "7", "byte_fallback"},
      {"/model/dropout", "0.1", "dropout"},
      {"/model/surprise", "1", "surprise"},
      {"/model/merges/3", R"(["a", "nowhere"])", "merges[3]"},
      {"/model/merges/3", R"("a")", "merges[3]"},
      {"/model/merges/3", R"("a b c")", "merges[3]"},
      {"/model/vocab/a", "-1", "'a'"},
      {"/model/vocab/a", "5", "5"},
      {"/model/vocab/a", "\"x\"", "'a'"},
      {"/model/vocab/a", "16000000", "'a'"},
      {"/decoder", R"({"type": "Morse"})", "Morse"},
      {"/decoder", R"({"type": "WordPiece"})", "prefix"},
      {"/pre_tokenizer", R"({"type": "UnicodeScripts", "x": 1})", "UnicodeScripts"},
      {"/pre_tokenizer", R"({"type": "Metaspace"})", "replacement"},
      {"/pre_tokenizer/pretokenizers/0/behavior", R"("Shuffled")", "Shuffled"},
      {"/pre_tokenizer/pretokenizers/0/pattern", R"({"Glob": "*"})", "Glob"},
      {"/post_processor", R"({"type": "BertProcessing"})", "BertProcessing"},
      {"/post_processor", R"({"type": "BertProcessing", "cls": ["a", 9999], "sep": ["b", 1]})",
       "9999"},
      {"/added_tokens/0/content", "\"\"", "empty"},
      {"/added_tokens/0/lstrip", "3", "lstrip"},
      {"/added_tokens/1/id", "0", "0"},
      {"/truncation", R"({"max_length": 5})", "truncation.stride"},
      {"/truncation", R"({"max_length": 5, "stride": 0, "strategy": "First"})", "strategy"},
      {"/padding", R"({"strategy": {"Fixed": 1000000000}, "direction": "Left"})", "padding"},
      {"/padding", R"({"strategy": "BatchLongest", "direction": "Up"})", "direction"},
      {"/version", R"("2.0")", "version"},
      {"/extra", "1", "extra"},
  };
  const auto good = nlohmann::json::parse(*read_file(kVectors + "trained.json"));
  for (const auto& broken : cases) {
    auto json = good;
    json[nlohmann::json::json_pointer(broken.pointer)] = nlohmann::json::parse(broken.value);
    const auto file = parse_tokenizer_file(json.dump(), "some/tokenizer.json");
    ASSERT_FALSE(file.ok()) << broken.pointer;
    EXPECT_EQ(file.error().code, Code::kInvalid);
    EXPECT_NE(file.error().message.find("some/tokenizer.json"), std::string::npos);
    EXPECT_NE(file.error().message.find(broken.named), std::string::npos) << file.error().message;
  }
}

TEST(TokenizerFile, RefusesDeepSequences) {
  auto json = nlohmann::json::parse(*read_file(kVectors + "trained.json"));
  std::string nested = R"({"type": "ByteLevel"})";
  for (int i = 0; i < 100; ++i) nested = R"({"type": "Sequence", "decoders": [)" + nested + "]}";
  json["decoder"] = nlohmann::json::parse(nested);
  const auto file = parse_tokenizer_file(json.dump(), "t");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message.find("decoder"), std::string::npos) << file.error().message;
}

TEST(TokenizerFile, RefusesTruncatedAndHostileText) {
  const std::string good = *read_file(kVectors + "trained.json");
  for (std::size_t size = 0; size < good.size(); size += 997)
    EXPECT_FALSE(parse_tokenizer_file(std::string_view(good).substr(0, size), "t").ok());
  EXPECT_FALSE(parse_tokenizer_file(std::string(100'000, '['), "t").ok());
  EXPECT_FALSE(parse_tokenizer_file("[1, 2]", "t").ok());
}

TEST(TokenizerFile, FlippedBitsGiveAnErrorOrAWorkingTokenizer) {
  const std::string good = *read_file(kVectors + "trained.json");
  SeededRandom random(4);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    bytes[random.below(bytes.size())] ^= static_cast<char>(1 << random.below(8));
    const auto tokenizer = Tokenizer::parse(bytes, "", "t");
    refused += !tokenizer.ok();
    if (!tokenizer.ok()) continue;
    const std::string text = "kidney liver naïve 12345 \n\n<|turn|>";
    const auto ids = (*tokenizer)->encode(text, true);
    for (const std::int32_t id : ids) ASSERT_LT(id, (*tokenizer)->vocabulary_size());
    (*tokenizer)->decode(ids, false);
  }
  EXPECT_GT(refused, 100);
}

TEST(Unicode, ClassesAndRepair) {
  EXPECT_EQ(char_class('a'), CharClass::kLetter);
  EXPECT_EQ(char_class(0x00B2), CharClass::kNumber);
  EXPECT_EQ(char_class(0x3000), CharClass::kSpace);
  EXPECT_EQ(char_class(0x1FAE8), CharClass::kOther);
  EXPECT_EQ(repair_utf8("\xF0\x9F\x98"), "\uFFFD");
  EXPECT_EQ(repair_utf8("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(repair_utf8("ok \xC3\xA9"), "ok é");
}

}  // namespace
}  // namespace orch::tokenizer
