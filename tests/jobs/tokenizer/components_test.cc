// Every component and option of the tokenizer file format, against what Hugging Face tokenizers
// 0.23.3 made of the same files (vectors/make_component_vectors.py).

#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "jobs/data/documents.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::tokenizer {
namespace {

using nlohmann::json;

const std::string kVectors = std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/";

void expect_probe(const Tokenizer& tokenizer, const json& probe) {
  const std::string text = probe["text"];
  const auto got = tokenizer.encode_with_offsets(text, true);
  if (probe.contains("error")) {
    EXPECT_FALSE(got.ok()) << text;
    EXPECT_TRUE(tokenizer.encode(text, true).empty()) << text;
    EXPECT_FALSE(tokenizer.failure().ok()) << text;
    return;
  }
  if (!probe.contains("ids")) return;  // the original crashed; that we did not is all there is
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got->ids, probe["ids"].get<std::vector<std::int32_t>>()) << text;
  EXPECT_EQ(tokenizer.encode(text, true), got->ids) << text;
  std::vector<std::array<std::size_t, 2>> offsets;
  for (const ByteRange& range : got->offsets) offsets.push_back({range.begin, range.end});
  EXPECT_EQ(json(offsets), probe["offsets"]) << text;
  const auto ids = probe["ids"].get<std::vector<std::int32_t>>();
  EXPECT_EQ(tokenizer.decode(ids, false), probe["decoded"][0].get<std::string>()) << text;
  EXPECT_EQ(tokenizer.decode(ids, true), probe["decoded"][1].get<std::string>()) << text;
}

TEST(Components, GiveWhatTheOriginalGives) {
  std::map<std::string, json> bases;
  int files = 0;
  const auto read =
      data::read_lines(kVectors + "components.jsonl", [&](std::string_view line, std::uint64_t) {
        const json row = json::parse(line);
        if (row.contains("base")) {
          bases[row["base"]] = row["file"];
          return Result<void>();
        }
        SCOPED_TRACE(row["name"].get<std::string>());
        json file = bases.at(row["of"]);
        file.merge_patch(row["patch"]);
        const auto tokenizer =
            Tokenizer::parse(file.dump(), "", "t", {.unicode = {}, .limits = true});
        EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().message;
        if (tokenizer.ok())
          for (const json& probe : row["probes"]) expect_probe(**tokenizer, probe);
        ++files;
        return Result<void>();
      });
  ASSERT_TRUE(read.ok());
  EXPECT_GT(files, 150);
}

}  // namespace
}  // namespace orch::tokenizer
