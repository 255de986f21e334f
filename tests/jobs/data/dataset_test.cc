#include "jobs/data/dataset.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "jobs/data/documents.h"
#include "jobs/tokenizer/tokenizer.h"
#include "tests/jobs/data/fixture.h"

namespace orch::data {
namespace {

std::vector<std::string> texts_of(const std::string& path) {
  std::vector<std::string> texts;
  EXPECT_TRUE(read_documents(path, [&](std::string_view text, std::uint64_t) {
                texts.emplace_back(text);
                return Result<void>();
              }).ok());
  return texts;
}

TEST(Prepare, EveryDocumentIsThereWithItsEnd) {
  const TemporaryDirectory folder;
  const auto summary = prepare_dataset(request(folder.path()));
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  const auto dataset = Dataset::open(folder.path() + "/data");
  ASSERT_TRUE(dataset.ok()) << dataset.error().message;
  const auto tokenizer = tokenizer::Tokenizer::open(folder.path() + "/data");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  EXPECT_EQ((*dataset)->vocabulary(), (*tokenizer)->vocabulary_size());
  ASSERT_EQ((*dataset)->sources().size(), 2u);
  for (const Source& source : (*dataset)->sources()) {
    const auto texts = texts_of(folder.path() + "/" + source.name() + ".jsonl");
    ASSERT_EQ(source.documents(), texts.size());
    for (std::uint64_t d = 0; d < source.documents(); ++d) {
      std::vector<std::int32_t> ids;
      for (std::uint64_t i = source.document_begin(d); i < source.document_begin(d + 1); ++i)
        ids.push_back(source.token(i));
      auto expected = (*tokenizer)->encode(texts[d], false);
      expected.push_back((*dataset)->end_of_text());
      ASSERT_EQ(ids, expected);
    }
  }
}

TEST(Prepare, TheSameInputGivesTheSameBytes) {
  const TemporaryDirectory a, b;
  ASSERT_TRUE(prepare_dataset(request(a.path())).ok());
  ASSERT_TRUE(prepare_dataset(request(b.path())).ok());
  EXPECT_EQ(*read_file(a.path() + "/data/manifest.json"),
            *read_file(b.path() + "/data/manifest.json"));
}

TEST(Prepare, AnotherVersionOfUnicodeIsRecordedAndKept) {
  const TemporaryDirectory usual, older;
  ASSERT_TRUE(prepare_dataset(request(usual.path())).ok());
  PrepareRequest wanted = request(older.path());
  wanted.unicode = "14.0.0";
  ASSERT_TRUE(prepare_dataset(wanted).ok());
  EXPECT_NE(read_file(usual.path() + "/data/manifest.json")->find("\"profile\": \"huggingface\""),
            std::string::npos);
  EXPECT_NE(read_file(older.path() + "/data/manifest.json")
                ->find("\"profile\": \"14.0.0\", \"patterns\": \"14.0.0\""),
            std::string::npos);
  const auto by16 = tokenizer::Tokenizer::open(usual.path() + "/data");
  const auto by14 = tokenizer::Tokenizer::open(older.path() + "/data");
  ASSERT_TRUE(by16.ok() && by14.ok());
  EXPECT_EQ((*by14)->unicode(), *tokenizer::parse_unicode_profile("14.0.0"));
  EXPECT_EQ((*by14)->encode("plain text", false), (*by16)->encode("plain text", false));
  wanted.unicode = "3.2";
  wanted.output += "-refused";
  EXPECT_EQ(prepare_dataset(wanted).error().code, Code::kInvalid);
}

TEST(Prepare, ABadLineIsNamedAndLeavesNothing) {
  const struct {
    const char* line;
    const char* named;
  } cases[] = {{"{\"text\": 3}\n", "string"},
               {"{\"texts\": \"a\"}\n", "missing"},
               {"[1]\n", "object"},
               {"{\"text\": \"a\"\n", "JSON"},
               {"{\"text\": \"\\uD800\"}\n", "JSON"}};
  for (const auto& bad : cases) {
    const TemporaryDirectory folder;
    auto wanted = request(folder.path());
    const std::string path = folder.path() + "/medical.jsonl";
    ASSERT_TRUE(write_file_atomic(path, "{\"text\": \"good\"}\n\n" + std::string(bad.line)).ok());
    const auto result = prepare_dataset(wanted);
    ASSERT_FALSE(result.ok()) << bad.line;
    EXPECT_EQ(result.error().code, Code::kInvalid);
    EXPECT_NE(result.error().message.find(path + ":3: "), std::string::npos)
        << result.error().message;
    EXPECT_NE(result.error().message.find(bad.named), std::string::npos) << result.error().message;
    const auto left = list_directory(folder.path());
    EXPECT_EQ(*left, (std::vector<std::string>{"general.jsonl", "medical.jsonl"}));
  }
}

TEST(Prepare, RefusesWhatCannotBe) {
  const TemporaryDirectory folder;
  auto wanted = request(folder.path());
  wanted.sources[1].name = "general";
  EXPECT_EQ(prepare_dataset(wanted).error().code, Code::kInvalid);
  wanted.sources[1].name = "../up";
  EXPECT_EQ(prepare_dataset(wanted).error().code, Code::kInvalid);
  wanted = request(folder.path());
  wanted.sources[1].files = {folder.path() + "/nowhere.jsonl"};
  EXPECT_EQ(prepare_dataset(wanted).error().code, Code::kNotFound);
  wanted = request(folder.path());
  ASSERT_TRUE(make_directories(wanted.output).ok());
  ASSERT_TRUE(write_file_atomic(wanted.output + "/mine.txt", "x").ok());
  EXPECT_EQ(prepare_dataset(wanted).error().code, Code::kConflict);
  EXPECT_TRUE(file_exists(wanted.output + "/mine.txt"));
}

TEST(Prepare, StopsWhenAsked) {
  const TemporaryDirectory folder;
  const auto result =
      prepare_dataset(request(folder.path()), [](const PrepareProgress&) { return false; });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_FALSE(file_exists(folder.path() + "/data"));
}

TEST(Dataset, NoticesTruncatedFlippedAndMissingFiles) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(prepare_dataset(request(folder.path())).ok());
  const std::string root = folder.path() + "/data";
  for (const char* name : {"manifest.json", "tokenizer.json", "general/tokens.bin",
                           "general/documents.bin", "medical/tokens.bin"}) {
    const std::string path = root + "/" + name, good = *read_file(path);
    const auto refused = [&](const std::string& bytes) {
      ASSERT_TRUE(write_file_atomic(path, bytes).ok());
      const auto dataset = Dataset::open(root);
      ASSERT_FALSE(dataset.ok()) << name;
      EXPECT_NE(dataset.error().message.find(root), std::string::npos) << dataset.error().message;
    };
    refused(good.substr(0, good.size() / 2));
    refused("");
    std::string flipped = good;
    flipped[name == std::string("manifest.json") ? flipped.find("\"sha256\": \"") + 12
                                                 : good.size() * 2 / 3] ^= 1;
    refused(flipped);
    ASSERT_TRUE(remove_tree(path).ok());
    EXPECT_FALSE(Dataset::open(root).ok());
    ASSERT_TRUE(write_file_atomic(path, good).ok());
  }
  EXPECT_TRUE(Dataset::open(root).ok());
  EXPECT_EQ(Dataset::open(folder.path()).error().code, Code::kNotFound);
}

TEST(Documents, ReadsCompressedFiles) {
  const TemporaryDirectory folder;
  const std::string plain = lines(3, 200, 50), base = folder.path() + "/x.jsonl";
  ASSERT_TRUE(write_file_atomic(base, plain).ok());
  gzFile gz = gzopen((base + ".gz").c_str(), "wb");
  gzwrite(gz, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(gz);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  ASSERT_TRUE(write_file_atomic(base + ".zst", packed).ok());
  const auto expected = texts_of(base);
  EXPECT_EQ(expected.size(), 200u);
  EXPECT_EQ(texts_of(base + ".gz"), expected);
  EXPECT_EQ(texts_of(base + ".zst"), expected);
}

TEST(Documents, BrokenCompressionIsAnError) {
  const TemporaryDirectory folder;
  const std::string plain = lines(3, 200, 50), base = folder.path() + "/x.jsonl";
  gzFile gz = gzopen((base + ".gz").c_str(), "wb");
  gzwrite(gz, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(gz);
  const std::string good = *read_file(base + ".gz");
  const auto ignore = [](std::string_view, std::uint64_t) { return Result<void>(); };
  ASSERT_TRUE(write_file_atomic(base + ".gz", good.substr(0, good.size() - 20)).ok());
  EXPECT_EQ(read_documents(base + ".gz", ignore).error().code, Code::kInvalid);
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3));
  ASSERT_TRUE(write_file_atomic(base + ".zst", packed.substr(0, packed.size() / 2)).ok());
  EXPECT_EQ(read_documents(base + ".zst", ignore).error().code, Code::kInvalid);
}

TEST(Documents, InvalidUtf8IsReplacedAndCounted) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/x.jsonl";
  ASSERT_TRUE(write_file_atomic(path,
                                "{\"text\": \"a\xff"
                                "b\xe4\xb8\"}\n{\"text\": \"\xc3\xa9\"}\n")
                  .ok());
  EXPECT_EQ(texts_of(path), (std::vector<std::string>{"a\uFFFDb\uFFFD", "\u00e9"}));
  const auto repaired =
      read_documents(path, [](std::string_view, std::uint64_t) { return Result<void>(); });
  EXPECT_EQ(*repaired, 2u);
}

TEST(Prepare, SaysWhatItRepaired) {
  const TemporaryDirectory folder;
  const PrepareRequest wanted = request(folder.path());
  const std::string& path = wanted.sources[0].files[0];
  ASSERT_TRUE(write_file_atomic(path, *read_file(path) + "{\"text\": \"\xff\"}\n").ok());
  const auto summary = prepare_dataset(wanted);
  ASSERT_TRUE(summary.ok()) << summary.error().message;
  ASSERT_FALSE(summary->notes.empty());
  EXPECT_EQ(summary->notes.back(), repair_note(path, 1));
}

TEST(Documents, LinesMayEndInCrLfOrNot) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/x.jsonl";
  ASSERT_TRUE(write_file_atomic(path, "{\"text\": \"a\"}\r\n\r\n  \n{\"text\": \"b\"}").ok());
  EXPECT_EQ(texts_of(path), (std::vector<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace orch::data
