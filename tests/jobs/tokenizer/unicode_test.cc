// Characters against `tokenizers` 0.23.3 and unicodedata2 16.0.0, over every code point: digests
// recorded by vectors/make_unicode_vectors.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/sha256.h"
#include "jobs/tokenizer/code_point_set.h"
#include "jobs/tokenizer/unicode_case.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_normalize.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {
namespace {

const nlohmann::json& recorded() {
  static const nlohmann::json kRecorded = nlohmann::json::parse(
      read_file(std::string(ORCH_SOURCE_DIR) + "/tests/jobs/tokenizer/vectors/unicode.json")
          .value());
  return kRecorded;
}

constexpr std::array kForms = {NormalForm::kNfc, NormalForm::kNfd, NormalForm::kNfkc,
                               NormalForm::kNfkd};
constexpr std::array kFormNames = {"NFC", "NFD", "NFKC", "NFKD"};

std::string text_of(std::uint32_t p) {
  std::string out;
  append_utf8(out, p);
  return out;
}

/// SHA-256 of one line a code point.
template <typename Line>
std::string digest(const Line& line) {
  std::string all;
  for (std::uint32_t p = 0; p < kCodePointLimit; ++p) {
    if (p >= 0xD800 && p <= 0xDFFF) continue;
    all += line(p);
    all += '\n';
  }
  return sha256_hex(all);
}

TEST(Unicode, CategoriesAreThoseOfVersion16) {
  EXPECT_EQ(digest([](std::uint32_t p) {
              return kGeneralCategoryNames[static_cast<std::size_t>(general_category(p))];
            }),
            recorded()["category"]);
}

TEST(Unicode, ClassesAreTheOracles) {
  EXPECT_EQ(digest([](std::uint32_t p) {
              std::string out;
              for (const bool x : {is_white_space(p), is_numeric(p), is_bert_punctuation(p),
                                   is_bert_dropped(p), is_bert_chinese(p), is_combining_mark(p)})
                out += x ? '1' : '0';
              return out;
            }),
            recorded()["classes"]);
}

TEST(Unicode, LowerCaseIsTheOracles) {
  EXPECT_EQ(digest([](std::uint32_t p) { return lower_case_text(text_of(p)); }),
            recorded()["lower"]);
}

TEST(Unicode, NormalFormsOfEveryCharacter) {
  for (std::size_t f = 0; f < kForms.size(); ++f) {
    const auto form = [&](UnicodeVersion version) {
      return digest([&](std::uint32_t p) {
        const std::string text = text_of(p);
        const std::string out = normalize(text, kForms[f], version);
        EXPECT_EQ(is_normalized_quick(text, kForms[f], version) && out != text, false) << p;
        return out;
      });
    };
    EXPECT_EQ(form(kNormalFormVersion), recorded()[std::string("oracle ") + kFormNames[f]]);
    EXPECT_EQ(form(UnicodeVersion::k16_0), recorded()[std::string("16.0.0 ") + kFormNames[f]]);
  }
}

TEST(Unicode, PropertiesAreThoseOfTheOraclesRegularExpressions) {
  for (const auto& [name, expected] : recorded()["properties"].items()) {
    const auto set = property_set(name);
    ASSERT_TRUE(set.ok()) << name;
    std::string inside;
    for (std::uint32_t p = 0; p < kCodePointLimit; ++p)
      if (p < 0xD800 || p > 0xDFFF) inside += '0';
    for (const auto& [first, last] : set->ranges())
      for (std::uint32_t p = first; p <= last; ++p)
        if (p < 0xD800 || p > 0xDFFF) inside[p < 0xD800 ? p : p - 0x800] = '1';
    EXPECT_EQ(sha256_hex(inside + "\n"), expected) << name;
  }
  EXPECT_FALSE(property_set("Klingon").ok());
  EXPECT_TRUE(property_set("general category").error().code == Code::kNotFound);
}

TEST(Unicode, NormalizedTextKeepsItsAlignment) {
  std::size_t rows = 0;
  for (const auto& row : recorded()["normalized"]) {
    const std::string name = row["form"];
    const auto f = static_cast<std::size_t>(std::find(kFormNames.begin(), kFormNames.end(), name) -
                                            kFormNames.begin());
    const std::string text = row["text"], expected = row["output"];
    std::vector<CharacterChange> changes;
    normalize_changes(text, kForms[f], changes);
    std::string out;
    std::vector<int> begins;
    int consumed = 0;
    for (const auto& [code_point, change] : changes) {
      append_utf8(out, code_point);
      begins.push_back(change > 0 ? std::max(consumed - 1, 0) : consumed);
      if (change <= 0) consumed += 1 - change;
    }
    EXPECT_EQ(out, expected) << name << " of " << text;
    EXPECT_EQ(begins, row["begins"].get<std::vector<int>>()) << name << " of " << text;
    EXPECT_EQ(normalize(text, kForms[f]), expected);
    const std::size_t prefix = normalized_prefix(text, kForms[f]);
    EXPECT_EQ(text.substr(0, prefix) + normalize(text.substr(prefix), kForms[f]), expected);
    ++rows;
  }
  EXPECT_EQ(rows, 600u);
}

TEST(Unicode, AnotherVersionIsAnotherAnswer) {
  const auto old = parse_unicode_profile("14.0.0").value();
  EXPECT_EQ(general_category(0x1FAE8, old.patterns), GeneralCategory::kCn);  // came with 15.0
  EXPECT_EQ(general_category(0x1FAE8), GeneralCategory::kSo);
  EXPECT_EQ(general_category(0x323B0), GeneralCategory::kCn);  // comes with 17.0
  EXPECT_EQ(general_category(0x323B0, UnicodeVersion::k17_0), GeneralCategory::kLo);
  EXPECT_FALSE(property_set("Emoji", old.patterns)->contains(0x1FAE8));
  EXPECT_TRUE(property_set("Han", UnicodeVersion::k17_0)->contains(0x323B0));
  EXPECT_FALSE(property_set("Han")->contains(0x323B0));
  EXPECT_EQ(normalize("\xE3\x8B\xBF", NormalForm::kNfkc), "\xE3\x8B\xBF");  // came with 12.1
  EXPECT_EQ(normalize("\xE3\x8B\xBF", NormalForm::kNfkc, old.normal_forms), "令和");
  EXPECT_EQ(profile_text(old), "14.0.0");
  EXPECT_EQ(profile_text(UnicodeProfile()), "huggingface");
  EXPECT_EQ(parse_unicode_profile("15.1")->letters, UnicodeVersion::k15_1);
  EXPECT_FALSE(parse_unicode_profile("13.0.0").ok());
}

TEST(Unicode, FoldsCases) {
  const std::uint32_t ss[] = {'s', 's'};
  EXPECT_TRUE(std::ranges::equal(case_fold(0xDF), ss));
  EXPECT_TRUE(unfold(ss).contains(0x1E9E));
  const std::uint32_t s[] = {'s'};
  EXPECT_EQ(unfold(s), (CodePointSet{{'S', 'S'}, {'s', 's'}, {0x17F, 0x17F}}));
  EXPECT_TRUE(case_fold('s').empty());
}

TEST(CodePointSet, Algebra) {
  CodePointSet a{{10, 20}, {30, 40}};
  a.add(21, 29);
  EXPECT_EQ(a, (CodePointSet{{10, 40}}));
  a.remove({{15, 15}, {39, 50}});
  EXPECT_EQ(a, (CodePointSet{{10, 14}, {16, 38}}));
  EXPECT_EQ(a.complement().complement(), a);
  EXPECT_TRUE(a.covers({{11, 12}, {20, 38}}));
  EXPECT_FALSE(a.covers({{14, 16}}));
  EXPECT_EQ(a.size(), 28u);
  a.add(0, 5);
  a.add(5, 12);
  EXPECT_EQ(a, (CodePointSet{{0, 14}, {16, 38}}));
}

}  // namespace
}  // namespace orch::tokenizer
