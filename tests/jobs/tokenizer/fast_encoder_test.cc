// The fast half against the generic pipeline, over random and hostile text, for every shape it
// knows; the kept file when it is damaged, stale or cannot be written; what shares out the work.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/random.h"
#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/fast_tokenizer.h"
#include "jobs/tokenizer/thread_team.h"
#include "jobs/tokenizer/tokenize.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::tokenizer {
namespace {

using nlohmann::json;

json trained() {
  const auto text =
      read_file(std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/trained.json");
  EXPECT_TRUE(text.ok());
  return json::parse(*text);
}

json split_by(std::string_view regex) {
  const json split = {{"type", "Split"},
                      {"pattern", {{"Regex", regex}}},
                      {"behavior", "Isolated"},
                      {"invert", false}};
  const json bytes = {{"type", "ByteLevel"},
                      {"add_prefix_space", false},
                      {"trim_offsets", true},
                      {"use_regex", false}};
  return {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}};
}

/// Characters, "▁" for spaces, bytes for the rest.
json characters() {
  json vocabulary = {{"<unk>", 0}};
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    vocabulary[name] = 1 + byte;
  }
  for (const char* token : {"▁", "a", "b", "e", "é", "中", "▁▁", "ab", "▁a", "▁ab", "▁▁▁▁", "abab",
                            "aa", "aaaa", "b▁", "b▁a"})
    vocabulary[token] = vocabulary.size();
  const json merges = {"▁ ▁", "a b",   "▁ a", "▁a b", "▁▁ ▁▁", "ab ab",
                       "a a", "aa aa", "b ▁", "b▁ a", "▁ ab"};
  return {{"version", "1.0"},
          {"added_tokens", json::array()},
          {"normalizer", nullptr},
          {"pre_tokenizer", nullptr},
          {"post_processor", nullptr},
          {"decoder", nullptr},
          {"model",
           {{"type", "BPE"},
            {"unk_token", "<unk>"},
            {"fuse_unk", true},
            {"byte_fallback", true},
            {"vocab", vocabulary},
            {"merges", merges}}}};
}

std::string random_text(SeededRandom& random) {
  static const std::vector<std::string> kParts = {"a",
                                                  "b",
                                                  "ab",
                                                  " ",
                                                  "  ",
                                                  "\n",
                                                  "\r\n",
                                                  "\t",
                                                  "'s",
                                                  "'LL",
                                                  "1",
                                                  "234",
                                                  "é",
                                                  "e",
                                                  "\u0301",
                                                  "中文",
                                                  "か\u3099",
                                                  "х",
                                                  "ый",
                                                  "\u2581",
                                                  "\u00A0",
                                                  "\u3000",
                                                  "😀",
                                                  "👩‍🔬",
                                                  "A",
                                                  "Zz",
                                                  "ſ",
                                                  "'ſ",
                                                  "!?",
                                                  "/",
                                                  "<|endoftext|>",
                                                  "the",
                                                  "\xFF",
                                                  "\xE4\xB8",
                                                  std::string(1, '\0')};
  std::string text;
  for (std::uint64_t n = random.below(40); n > 0; --n) {
    const std::string& part = kParts[random.below(kParts.size())];
    for (std::uint64_t k = random.chance(0.1) ? random.below(300) : 1; k > 0; --k) text += part;
  }
  return text;
}

void expect_same(const json& file, const std::string& name, std::uint64_t seed) {
  SCOPED_TRACE(name);
  const std::string text = file.dump();
  const auto parsed = parse_tokenizer_file(text, name);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_TRUE(FastTokenizer::make(*parsed, {})) << "no fast path for it";
  const auto fast = Tokenizer::parse(text, "", name);
  const auto generic = Tokenizer::parse(text, "", name, {.unicode = {}, .fast = false});
  ASSERT_TRUE(fast.ok() && generic.ok()) << fast.error().message;
  SeededRandom random(seed);
  for (int i = 0; i < 400; ++i) {
    const std::string document = random_text(random);
    const auto ids = (*fast)->encode(document, true);
    ASSERT_EQ(ids, (*generic)->encode(document, true)) << document;
    ASSERT_EQ((*fast)->decode(ids, i % 2 == 0), (*generic)->decode(ids, i % 2 == 0)) << document;
  }
}

TEST(FastEncoder, SplitPatternsAreAsInThePipeline) {
  json file = trained();
  std::uint64_t seed = 1;
  for (const KnownScan& known : known_scans())
    for (const bool nfc : {false, true}) {
      file["pre_tokenizer"] = split_by(known.regex);
      file["normalizer"] = nfc ? json{{"type", "NFC"}} : json();
      file["model"]["ignore_merges"] = nfc;
      expect_same(file, std::string(known.regex) + (nfc ? " NFC" : ""), seed++);
    }
}

TEST(FastEncoder, ByteLevelIsAsInThePipeline) {
  json file = trained();
  for (const bool prefix : {false, true}) {
    file["pre_tokenizer"] = {{"type", "ByteLevel"},
                             {"add_prefix_space", prefix},
                             {"trim_offsets", true},
                             {"use_regex", true}};
    expect_same(file, prefix ? "with a space before" : "plain", prefix ? 21 : 22);
  }
}

TEST(FastEncoder, CharactersAreAsInThePipeline) {
  const json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
  const json prepend = {{"type", "Prepend"}, {"prepend", "\u2581"}};
  json file = characters();
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", {prepend, replace}}};
  expect_same(file, "Llama 2", 31);
  file["normalizer"] = replace;
  expect_same(file, "Gemma", 32);
  file["normalizer"] = nullptr;
  std::uint64_t seed = 33;
  for (const char* scheme : {"always", "first", "never"})
    for (const bool split : {false, true}) {
      file["pre_tokenizer"] = {{"type", "Metaspace"},
                               {"replacement", "\u2581"},
                               {"prepend_scheme", scheme},
                               {"split", split}};
      expect_same(file, std::string(scheme) + (split ? " split" : ""), seed++);
    }
}

class KeptFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "fast_encoder_test";
    ASSERT_TRUE(remove_tree(folder_).ok());
    ASSERT_TRUE(make_directories(folder_).ok());
    write(trained());
  }
  void write(const json& file) {
    ASSERT_TRUE(write_file_atomic(folder_ + "/tokenizer.json", file.dump()).ok());
  }
  std::string kept() const { return folder_ + "/tokenizer.json.orch-cache"; }
  std::vector<std::int32_t> ids() const {
    const auto tokenizer = Tokenizer::open(folder_, {.unicode = {}, .keep_fast = true});
    EXPECT_TRUE(tokenizer.ok());
    return (*tokenizer)->encode("The patient's 12 findings, à 中文 🙂", true);
  }
  std::string folder_;
};

TEST_F(KeptFile, GivesTheSameIds) {
  const auto expected = ids();
  ASSERT_TRUE(file_exists(kept()));
  EXPECT_EQ(ids(), expected);
}

TEST_F(KeptFile, IsNotUsedWhenDamaged) {
  const auto expected = ids();
  const std::string whole = *read_file(kept());
  SeededRandom random(5);
  for (int i = 0; i < 60; ++i) {
    std::string bytes = whole;
    if (i % 3 == 0)
      bytes.resize(random.below(bytes.size()));
    else
      bytes[i % 3 == 1 ? random.below(64) : random.below(bytes.size())] ^= 1;
    ASSERT_TRUE(write_file_atomic(kept(), bytes).ok());
    ASSERT_EQ(ids(), expected) << i;
  }
}

TEST_F(KeptFile, IsNotUsedForAnotherTokenizer) {
  ids();
  const std::string before = *read_file(kept());
  json file = trained();
  file["pre_tokenizer"] = split_by(known_scans().back().regex);
  write(file);
  const auto expected = Tokenizer::parse(file.dump(), "", "t");
  ASSERT_TRUE(expected.ok());
  EXPECT_EQ(ids(), (*expected)->encode("The patient's 12 findings, à 中文 🙂", true));
  EXPECT_NE(*read_file(kept()), before);
}

TEST_F(KeptFile, NeedNotBeWritable) {
  const auto expected = ids();
  ASSERT_TRUE(remove_tree(kept()).ok());
  ASSERT_TRUE(make_directories(kept() + "/in the way").ok());
  EXPECT_EQ(ids(), expected);
  EXPECT_EQ(list_directory(folder_)->size(), 2U);  // no temporary file stays
}

TEST_F(KeptFile, IsNotMadeInAClosedFolderNorInAnArtifact) {
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  ids();
  EXPECT_FALSE(file_exists(kept()));
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
  ASSERT_TRUE(make_directories(folder_ + "/orch").ok());
  ASSERT_TRUE(write_file_atomic(folder_ + "/orch/manifest.json", "{}").ok());
  ids();
  EXPECT_FALSE(file_exists(kept()));
}

TEST_F(KeptFile, TokenizeRepairsAndNamesTheLine) {
  const auto tokenizer = Tokenizer::open(folder_);
  ASSERT_TRUE(tokenizer.ok());
  std::FILE* const out = std::tmpfile();
  const std::string path = folder_ + "/texts.jsonl";
  ASSERT_TRUE(write_file_atomic(path, "{\"text\": \"a\xFF\"}\n\n{\"txt\": 1}\n").ok());
  const auto wrong = tokenize_file(**tokenizer, path, {}, out);
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("texts.jsonl:3:"), std::string::npos);
  ASSERT_TRUE(write_file_atomic(path, "{\"text\": \"a\xFF\"}\n").ok());
  EXPECT_TRUE(tokenize_file(**tokenizer, path, {}, out).ok());
  const auto parquet = tokenize_file(**tokenizer, folder_ + "/x.parquet", {}, out);
  ASSERT_FALSE(parquet.ok());
  EXPECT_NE(parquet.error().message.find("Parquet"), std::string::npos);
  std::fclose(out);
}

TEST_F(KeptFile, ThreadsPrintInOrder) {
  const auto tokenizer = Tokenizer::open(folder_);
  ASSERT_TRUE(tokenizer.ok());
  std::string lines;
  SeededRandom random(9);
  for (int i = 0; i < 3000; ++i)
    lines += json{{"text", std::string(random.below(400), 'a') + std::to_string(i)}}.dump() + "\n";
  const std::string path = folder_ + "/texts.jsonl";
  ASSERT_TRUE(write_file_atomic(path, lines).ok());
  std::string printed[2];
  for (const int threads : {1, 4}) {
    const std::string to = folder_ + "/ids.jsonl";
    std::FILE* const out = std::fopen(to.c_str(), "w");
    ASSERT_TRUE(tokenize_file(**tokenizer, path, {false, false, threads}, out).ok());
    std::fclose(out);
    printed[threads / 4] = *read_file(to);
  }
  EXPECT_EQ(printed[0], printed[1]);
  EXPECT_EQ(std::count(printed[0].begin(), printed[0].end(), '\n'), 3000);
}

TEST(ThreadTeam, DoesEachPartOnce) {
  ThreadTeam team(3);
  team.finish();  // nothing to do
  for (const std::size_t parts : {0, 1, 2, 100}) {
    std::vector<std::atomic<int>> done(parts);
    team.start(parts, [&](std::size_t part) { ++done[part]; });
    team.finish();
    for (const auto& times : done) EXPECT_EQ(times, 1);
  }
}

}  // namespace
}  // namespace orch::tokenizer
