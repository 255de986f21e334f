#include "jobs/score/sample_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/random.h"

namespace orch::score {
namespace {

TEST(ScanLine, PicksMembersOutOfTheTopLevelOnly) {
  Member inner[] = {{"subject"}};
  Member members[] = {{"acc"}, {"na\nme"}, {"doc"}, {"gone"}};
  members[2].members = inner;
  const std::string line =
      " {\"x\": {\"acc\": 3}, \"doc\" : {\"a\": [1, {\"subject\": 0}], \"subject\": \"s\"}, "
      "\"na\\u000ame\": \"\\ud83d\\ude00\\\"\", \"acc\": -1.5e-3}\t";
  EXPECT_EQ(scan_line(line, members), "");
  EXPECT_EQ(members[0].text, "-1.5e-3");
  EXPECT_EQ(member_text(members[1]), "\xF0\x9F\x98\x80\"");
  EXPECT_EQ(inner[0].text, "s");
  EXPECT_EQ(members[2].kind, JsonKind::kObject);
  EXPECT_EQ(members[3].kind, JsonKind::kAbsent);
}

TEST(ScanLine, SaysWhatIsWrongAndWhere) {
  for (const auto& [line, words] : {std::pair{"{\"a\": 1", "does not end"},
                                    {"{\"a\": \"x", "a string does not end (byte 9)"},
                                    {"{\"a\": nul}", "expected a value (byte 7)"},
                                    {"{\"a\": \"\\ud800\"}", "lone surrogate"},
                                    {"{\"a\": \"\\x\"}", "unknown escape"},
                                    {"{\"a\": \"\x01\"}", "control character"},
                                    {"{\"a\": \"\xff\"}", "UTF-8"},
                                    {"{} {}", "text after"},
                                    {"[]", "expected an object"},
                                    {"", "expected an object"}}) {
    EXPECT_NE(scan_line(line, {}).find(words), std::string::npos) << line << scan_line(line, {});
  }
  EXPECT_NE(scan_line("{\"a\": " + std::string(100'000, '['), {}).find("deeply"),
            std::string::npos);
}

/// Changed, cut and doubled bytes: what is JSON and what is not, as another parser sees it.
TEST(ScanLine, AcceptsExactlyJson) {
  const std::string whole =
      "{\"doc_id\": 12, \"doc\": {\"q\": \"a\\n\\u00e9 \xC3\xA9\", \"o\": [true, false, null, "
      "-0.5e+7, {}], "
      "\"e\": []}, \"long\": \"0123456789012345678901234567890123456789\", \"acc\": 0.0}";
  const std::string bytes = "{}[],:\"\\0e.-+tn \t\x01\xC3u1";
  SeededRandom random(4);
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string line = whole;
    for (std::uint64_t edits = random.below(3) + 1; edits > 0 && !line.empty(); --edits) {
      const std::size_t at = random.below(line.size());
      switch (random.below(3)) {
        case 0:
          line[at] = bytes[random.below(bytes.size())];
          break;
        case 1:
          line.erase(at, random.below(4));
          break;
        default:
          line.insert(at, 1, bytes[random.below(bytes.size())]);
      }
    }
    const bool good = scan_line(line, {}).empty();
    const bool expected = nlohmann::json::accept(line) &&
                          line.find_first_of("{[\"") != std::string::npos &&
                          line[line.find_first_not_of(" \t")] == '{';
    ASSERT_EQ(good, expected) << line;
    accepted += good;
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace orch::score
