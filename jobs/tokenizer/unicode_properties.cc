#include "jobs/tokenizer/unicode_properties.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "jobs/tokenizer/two_stage.h"
#include "jobs/tokenizer/unicode_data.h"

namespace orch::tokenizer {

const std::array<const char*, kGeneralCategories> kGeneralCategoryNames = {
    "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps",
    "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Co", "Cs"};

namespace {

using unicode_data::Packed;

constexpr auto kVersions = static_cast<std::size_t>(UnicodeVersion::k17_0) + 1;

std::uint32_t bit(GeneralCategory c) { return 1u << static_cast<unsigned>(c); }

constexpr std::uint32_t kPunctuation = 0x7F000;  // Pc to Po
constexpr std::uint32_t kMarks = 0x1C0;          // Mn, Mc, Me
constexpr std::uint32_t kNumbers = 0xE00;        // Nd, Nl, No
static_assert(static_cast<unsigned>(GeneralCategory::kPc) == 12 &&
              static_cast<unsigned>(GeneralCategory::kPo) == 18 &&
              static_cast<unsigned>(GeneralCategory::kMn) == 6 &&
              static_cast<unsigned>(GeneralCategory::kNo) == 11);

CodePointSet read_set(Packed& in) {
  CodePointSet out;
  std::uint32_t at = 0;
  for (std::uint32_t left = in.next(); left > 0; --left) {
    at += in.next();
    const std::uint32_t length = in.next();
    out.add(at, at + length - 1);
    at += length;
  }
  return out;
}

TwoStage<std::uint8_t> read_runs(const char* table) {
  TwoStage<std::uint8_t> out;
  Packed in(table);
  for (std::uint32_t at = 0; at < kCodePointLimit;) {
    const std::uint32_t length = in.next();
    out.fill(at, at + length - 1, static_cast<std::uint8_t>(in.next()));
    at += length;
  }
  return out;
}

/// What some characters were in a version.
using Changes = std::map<std::uint32_t, GeneralCategory>;

const Changes& changes_of(UnicodeVersion version) {
  static const std::array<Changes, kVersions> kChanges = [] {
    std::array<Changes, kVersions> all;
    Packed changes(unicode_data::kCategoryChanges);
    while (changes.more()) {
      Changes& then = all.at(changes.next());
      std::uint32_t at = 0;
      for (std::uint32_t left = changes.next(); left > 0; --left) {
        at += changes.next();
        then[at] = static_cast<GeneralCategory>(changes.next());
      }
    }
    return all;
  }();
  return kChanges[static_cast<std::size_t>(version)];
}

/// What every character is.
struct Tables {
  TwoStage<std::uint8_t> age{read_runs(unicode_data::kAges)};
  TwoStage<std::uint8_t> now{read_runs(unicode_data::kCategories)};
  std::array<CodePointSet, 4> bert;

  Tables() {
    Packed sets(unicode_data::kBert);
    for (auto& set : bert) set = read_set(sets);
  }
};

const Tables& tables() {
  static const Tables kTables;
  return kTables;
}

struct Names {
  std::unordered_map<std::string, std::size_t> index;  // never iterated
  std::vector<CodePointSet> sets;
  std::vector<bool> reserving;  ///< holds of characters before they come

  Names() {
    std::string name;
    std::size_t set = 0;
    for (const char* c = unicode_data::kPropertyNames;; ++c) {
      if (*c != ',' && *c != '|' && *c != '\0') {
        name += *c;
        continue;
      }
      index.emplace(std::exchange(name, {}), set);
      if (*c == '|') ++set;
      if (*c == '\0') break;
    }
    Packed in(unicode_data::kPropertySets);
    while (in.more()) {
      reserving.push_back(in.next() != 0);
      sets.push_back(read_set(in));
    }
  }
};

const Names& names() {
  static const Names kNames;
  return kNames;
}

/// A class by categories, apart from exceptions that only its own version has.
bool in_class(std::uint32_t p, UnicodeVersion version, std::uint32_t categories,
              UnicodeVersion excepted, std::size_t exceptions) {
  const bool member = (bit(general_category(p, version)) & categories) != 0;
  return member != (version == excepted && tables().bert[exceptions].contains(p));
}

bool is_ascii_punctuation(std::uint32_t p) {
  return (p >= '!' && p <= '/') || (p >= ':' && p <= '@') || (p >= '[' && p <= '`') ||
         (p >= '{' && p <= '~');
}

/// Long names of the categories, by number, then of the major classes with their first letters.
constexpr std::array<std::string_view, kGeneralCategories> kLongNames = {
    "unassigned",           "uppercaseletter",    "lowercaseletter",  "titlecaseletter",
    "modifierletter",       "otherletter",        "nonspacingmark",   "spacingmark",
    "enclosingmark",        "decimalnumber",      "letternumber",     "othernumber",
    "connectorpunctuation", "dashpunctuation",    "openpunctuation",  "closepunctuation",
    "initialpunctuation",   "finalpunctuation",   "otherpunctuation", "mathsymbol",
    "currencysymbol",       "modifiersymbol",     "othersymbol",      "spaceseparator",
    "lineseparator",        "paragraphseparator", "control",          "format",
    "privateuse",           "surrogate"};
constexpr std::array<std::string_view, 8> kMajorNames = {
    "letter", "mark", "combiningmark", "number", "punctuation", "symbol", "separator", "other"};
constexpr std::string_view kMajorLetters = "lmmnpszc";

/// The general categories that a name stands for, as bits; 0: it is no category.
std::uint32_t categories_named(std::string_view name) {
  if (name == "lc" || name == "casedletter") return 0xE;  // Lu, Ll, Lt
  if (name == "assigned") return ~1u;
  for (std::size_t i = 0; i < kMajorNames.size(); ++i)
    if (name == kMajorNames[i]) name = kMajorLetters.substr(i, 1);
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < kGeneralCategories; ++i) {
    const std::string_view known = kGeneralCategoryNames[i];
    const bool major = name.size() == 1 && name[0] == (known[0] | 0x20);
    const bool minor = name.size() == 2 && name[0] == (known[0] | 0x20) && name[1] == known[1];
    if (major || minor || name == kLongNames[i]) out |= 1u << i;
  }
  return out;
}

/// visit(first, last, category) for all code points in order, but for the changes of the version.
template <typename Visit>
void visit_runs(UnicodeVersion version, const Visit& visit) {
  Packed ages(unicode_data::kAges), kinds(unicode_data::kCategories);
  std::uint32_t age_end = 0, kind_end = 0, age = 0, kind = 0;
  for (std::uint32_t at = 0; at < kCodePointLimit;) {
    if (at == age_end) {
      age_end += ages.next();
      age = ages.next();
    }
    if (at == kind_end) {
      kind_end += kinds.next();
      kind = kinds.next();
    }
    const std::uint32_t end = std::min(age_end, kind_end);
    const std::uint32_t then = age > static_cast<std::uint32_t>(version) ? 0 : kind;
    visit(at, end - 1, static_cast<GeneralCategory>(then));
    at = end;
  }
}

CodePointSet categories_set(std::uint32_t categories, UnicodeVersion version) {
  CodePointSet out;
  visit_runs(version, [&](std::uint32_t first, std::uint32_t last, GeneralCategory category) {
    if (categories & bit(category)) out.add(first, last);
  });
  for (const auto& [p, category] : changes_of(version)) {
    if (categories & bit(category))
      out.add(p, p);
    else
      out.remove({{p, p}});
  }
  return out;
}

/// Characters that came after a version and have come by now.
CodePointSet newer_than(UnicodeVersion version) {
  CodePointSet out;
  Packed ages(unicode_data::kAges);
  for (std::uint32_t at = 0; at < kCodePointLimit;) {
    const std::uint32_t length = ages.next();
    const std::uint32_t age = ages.next();
    if (age > static_cast<std::uint32_t>(version) && age < kVersions) out.add(at, at + length - 1);
    at += length;
  }
  return out;
}

}  // namespace

GeneralCategory general_category(std::uint32_t code_point, UnicodeVersion version) {
  const Tables& t = tables();
  const Changes& then = changes_of(version);
  if (!then.empty()) {
    const auto it = then.find(code_point);
    if (it != then.end()) return it->second;
  }
  if (t.age[code_point] > static_cast<std::uint8_t>(version)) return GeneralCategory::kCn;
  return static_cast<GeneralCategory>(t.now[code_point]);
}

void visit_categories(
    UnicodeVersion version,
    const std::function<void(std::uint32_t, std::uint32_t, GeneralCategory)>& visit) {
  visit_runs(version, visit);
  for (const auto& [p, category] : changes_of(version)) visit(p, p, category);
}

CodePointSet category_set(GeneralCategory category, UnicodeVersion version) {
  return categories_set(bit(category), version);
}

bool is_white_space(std::uint32_t p) {
  if (p < 0x80) return p == ' ' || (p >= 9 && p <= 13);
  return p == 0x85 || p == 0xA0 || p == 0x1680 || (p >= 0x2000 && p <= 0x200A) || p == 0x2028 ||
         p == 0x2029 || p == 0x202F || p == 0x205F || p == 0x3000;
}

bool is_numeric(std::uint32_t p, UnicodeVersion version) {
  return (bit(general_category(p, version)) & kNumbers) != 0;
}

Result<CodePointSet> property_set(std::string_view name, UnicodeVersion version) {
  std::string key;
  for (const char c : name)
    if (c != ' ' && c != '-' && c != '_')
      key += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (const std::uint32_t categories = categories_named(key)) {
    return categories_set(categories, version);
  }
  if (key == "ascii") return CodePointSet{{0, 0x7F}};
  if (key == "newline") return CodePointSet{{'\n', '\n'}};
  const auto it = names().index.find(key);
  if (it == names().index.end()) return not_found("no property '" + std::string(name) + "'");
  CodePointSet out = names().sets.at(it->second);
  if (!names().reserving.at(it->second)) out.remove(newer_than(version));
  return out;
}

bool is_bert_punctuation(std::uint32_t p, UnicodeVersion version) {
  return is_ascii_punctuation(p) || in_class(p, version, kPunctuation, UnicodeVersion::k8_0, 0);
}

bool is_bert_dropped(std::uint32_t p, UnicodeVersion version) {
  if (p == '\t' || p == '\n' || p == '\r') return false;
  const std::uint32_t other =
      bit(GeneralCategory::kCc) | bit(GeneralCategory::kCf) | bit(GeneralCategory::kCo);
  return p == 0xFFFD || in_class(p, version, other, UnicodeVersion::k8_0, 1);
}

bool is_bert_accent(std::uint32_t p, UnicodeVersion version) {
  return in_class(p, version, bit(GeneralCategory::kMn), UnicodeVersion::k8_0, 2);
}

bool is_bert_chinese(std::uint32_t p) {
  return (p >= 0x4E00 && p <= 0x9FFF) || (p >= 0x3400 && p <= 0x4DBF) ||
         (p >= 0x20000 && p <= 0x2A6DF) || (p >= 0x2A700 && p <= 0x2B73F) ||
         (p >= 0x2B740 && p <= 0x2B81F) || (p >= 0x2B920 && p <= 0x2CEAF) ||
         (p >= 0xF900 && p <= 0xFAFF) || (p >= 0x2F800 && p <= 0x2FA1F);
}

bool is_combining_mark(std::uint32_t p, UnicodeVersion version) {
  return in_class(p, version, kMarks, UnicodeVersion::k9_0, 3);
}

}  // namespace orch::tokenizer
