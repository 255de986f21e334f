// Patterns against Oniguruma as `tokenizers` 0.23.3 has it: recorded by
// vectors/make_pattern_vectors.py.
#include "jobs/tokenizer/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "jobs/data/documents.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {
namespace {

/// All matches as the oracle walks: an empty match where the last one ended does not count.
std::vector<Pattern::Span> all_matches(const Pattern& pattern, std::string_view text,
                                       Pattern::Scratch& scratch) {
  std::vector<Pattern::Span> out;
  for (std::size_t from = 0; from <= text.size();) {
    const auto found = pattern.find(text, from, scratch);
    if (!found) break;
    if (found->begin == found->end && !out.empty() && out.back().end == found->end) {
      from += std::max(character_at(text, from).size_bytes, 1u);
      continue;
    }
    out.push_back(*found);
    from = found->end;
  }
  return out;
}

int characters(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

struct Outcome {
  std::vector<int> ends;
  std::string replaced;
};

Outcome outcome(const Pattern& pattern, std::string_view text, Pattern::Scratch& scratch) {
  Outcome out;
  std::size_t at = 0;
  const auto end_at = [&](std::size_t end) {
    const int n = characters(text.substr(0, end));
    if (n > (out.ends.empty() ? 0 : out.ends.back())) out.ends.push_back(n);
  };
  for (const auto& [begin, end] : all_matches(pattern, text, scratch)) {
    end_at(begin);
    end_at(end);
    out.replaced += std::string(text.substr(at, begin - at)) + "#";
    at = end;
  }
  end_at(text.size());
  out.replaced += text.substr(at);
  return out;
}

TEST(Pattern, FindsWhatOnigurumaFinds) {
  // Refused by name though Oniguruma has them (docs: pattern.h).
  const std::set<std::string> refused = {
      "(?~ab)",        "\\X",         "\\y",       "\\Y",      "(?y{g})\\X",    "(?{x})",
      "(*FAIL)",       "\\M-a",       "(?<=a*)b",  "(?<!a+)b", "(?L)a",         "[\\x7f-\\xff]",
      "[\\x80-\\xff]", "\\x{110000}", "\\x{D800}", "\\x{}",    "(?<=(?i:ss))a", "(?i)(?<=ß)a"};
  // Accepted though Oniguruma refuses it.
  const std::set<std::string> accepted = {"\\g<0>?a"};
  std::size_t patterns = 0;
  Pattern::Scratch scratch;
  const auto read = data::read_lines(
      std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/patterns.jsonl",
      [&](std::string_view line, std::uint64_t) {
        const auto row = nlohmann::json::parse(line);
        const std::string source = row["pattern"];
        const auto pattern = Pattern::compile(source);
        ++patterns;
        EXPECT_EQ(pattern.ok(), (!row.contains("error") && !refused.contains(source)) ||
                                    accepted.contains(source))
            << source << ": " << (pattern.ok() ? "accepted" : pattern.error().message);
        if (!pattern.ok() || row.contains("error")) return Result<void>();
        for (const auto& found : row["found"]) {
          const std::string text = found[0];
          const Outcome got = outcome(*pattern, text, scratch);
          EXPECT_EQ(got.ends, found[1].get<std::vector<int>>()) << source << " in " << text;
          EXPECT_EQ(got.replaced, found[2].get<std::string>()) << source << " in " << text;
        }
        return scratch.status();
      });
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_GT(patterns, 350u);
}

TEST(Pattern, RefusesByName) {
  EXPECT_NE(Pattern::compile("a(?~b)").error().message.find("absent operator"), std::string::npos);
  EXPECT_NE(Pattern::compile("\\p{Klingon}").error().message.find("Klingon"), std::string::npos);
  EXPECT_FALSE(Pattern::compile("\xFF").ok());
  EXPECT_FALSE(Pattern::compile(std::string(100000, '(')).ok());
  EXPECT_FALSE(Pattern::compile(std::string(100000, '[')).ok());
  EXPECT_FALSE(Pattern::compile("a" + std::string(100000, '+')).ok());
  EXPECT_FALSE(Pattern::compile("(?:(?:(?:a{1000}){1000}){1000}){1000}").ok());
  EXPECT_FALSE(Pattern::compile("(?<=" + std::string(40, 'a') + "{0,200}b{0,200})").ok());
}

TEST(Pattern, AnotherUnicodeVersion) {
  Pattern::Scratch scratch;
  const auto of = [&](UnicodeVersion version) {
    return Pattern::compile("\\p{L}", version)->find("\xF0\xB2\x8E\xB0", 0, scratch).has_value();
  };
  EXPECT_FALSE(of(UnicodeVersion::k16_0));
  EXPECT_TRUE(of(UnicodeVersion::k17_0));
}

TEST(Pattern, LiteralTextIsNoPattern) {
  Pattern::Scratch scratch;
  const Pattern pattern = Pattern::literal("a+");
  EXPECT_EQ(pattern.find("aa+", 0, scratch), (Pattern::Span{1, 3}));
  EXPECT_EQ(pattern.find("aa+", 2, scratch), std::nullopt);
  EXPECT_EQ(Pattern::compile("abc")->find("xxabc", 1, scratch), (Pattern::Span{2, 5}));
}

TEST(Pattern, LongTextsNeedNoStack) {
  const auto pattern = Pattern::compile(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
      "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");
  Pattern::Scratch scratch;
  for (const std::string unit : {" ", "a", "é", "日", "\n", "!"}) {
    std::string text;
    while (text.size() < 2'000'000) text += unit;
    text += "x";
    const auto found = all_matches(*pattern, text, scratch);
    ASSERT_TRUE(scratch.status().ok()) << scratch.status().error().message;
    EXPECT_LE(found.size(), 2u) << unit;
    EXPECT_EQ(found.back().end, text.size());
  }
}

TEST(Pattern, AChoiceOfCharactersNeedsNoWayBack) {
  std::string text;
  while (text.size() < 16'000'000) text += "word and é, ";
  for (const char* source : {"(\\w|\\s|,)+", "(?:[a-z]|é|(,)| )+", "((a|b|[^ab]))+"}) {
    const auto pattern = Pattern::compile(source);
    ASSERT_TRUE(pattern.ok());
    Pattern::Scratch scratch;
    const auto found = all_matches(*pattern, text, scratch);
    ASSERT_TRUE(scratch.status().ok()) << source << scratch.status().error().message;
    ASSERT_EQ(found.size(), 1u) << source;
    EXPECT_EQ(found[0].end, text.size());
  }
  // A group that somebody asks for stays one.
  Pattern::Scratch scratch;
  EXPECT_EQ(Pattern::compile("(a|b)\\1")->find("abb", 0, scratch)->begin, 1u);
}

TEST(Pattern, GivesUpWithAnErrorInsteadOfHanging) {
  const auto pattern = Pattern::compile("(?:a+)+b|(a|aa)+$c");
  ASSERT_TRUE(pattern.ok());
  Pattern::Scratch scratch;
  EXPECT_EQ(pattern->find(std::string(5000, 'a'), 0, scratch), std::nullopt);
  EXPECT_EQ(scratch.status().error().code, Code::kInvalid);
  EXPECT_EQ(Pattern::literal("a").find("a", 0, scratch), std::nullopt);
  scratch.clear();
  EXPECT_TRUE(Pattern::literal("a").find("a", 0, scratch).has_value());
}

}  // namespace
}  // namespace orch::tokenizer
