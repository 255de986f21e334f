#include "jobs/tokenizer/pattern_sets.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string_view>

#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

using Sets = std::array<CodePointSet, kGeneralCategories>;

/// The general categories as the linked PCRE2 has them; nothing if its Unicode version is not one
/// that our tables know.
const std::optional<Sets>& pcre_categories() {
  static const std::optional<Sets> kSets = []() -> std::optional<Sets> {
    char text[32] = {};
    if (pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, nullptr) >= static_cast<int>(sizeof text))
      return std::nullopt;
    pcre2_config(PCRE2_CONFIG_UNICODE_VERSION, text);
    const auto profile = parse_unicode_profile(text);
    if (!profile.ok()) return std::nullopt;
    Sets sets;
    for (std::size_t i = 0; i < sets.size(); ++i)
      sets.at(i) = category_set(static_cast<GeneralCategory>(i), profile->patterns);
    return sets;
  }();
  return kSets;
}

std::string hexadecimal_text(std::uint32_t p) {
  char out[16];
  std::snprintf(out, sizeof out, "\\x{%x}", p);
  return out;
}

/// The inside of a class.
struct Members {
  std::string text;
  std::size_t parts = 0;
};

Members members(CodePointSet set) {
  Members out;
  const auto& categories = pcre_categories();
  if (categories && set.ranges().size() > 4) {
    std::string covered;
    CodePointSet done;
    for (std::size_t i = 0; i < categories->size(); ++i) {
      const auto category = static_cast<GeneralCategory>(i);
      if (category == GeneralCategory::kCs || !set.covers((*categories)[i])) continue;
      covered += std::string("\\p{") + kGeneralCategoryNames[i] + "}";
      done.add((*categories)[i]);
      ++out.parts;
    }
    // Whole classes in one word.
    const std::string_view letters = "\\p{Lu}\\p{Ll}\\p{Lt}\\p{Lm}\\p{Lo}";
    if (const auto at = covered.find(letters); at != std::string::npos) {
      covered.replace(at, letters.size(), "\\p{L}");
      out.parts -= 4;
    }
    const std::string_view numbers = "\\p{Nd}\\p{Nl}\\p{No}";
    if (const auto at = covered.find(numbers); at != std::string::npos) {
      covered.replace(at, numbers.size(), "\\p{N}");
      out.parts -= 2;
    }
    set.remove(done);
    out.text = covered;
  }
  std::string ranges;
  for (auto [first, last] : set.ranges()) {
    if (first >= 0xD800 && first <= 0xDFFF) first = 0xE000;
    if (last >= 0xD800 && last <= 0xDFFF) last = 0xD7FF;
    if (first > last) continue;
    ranges += hexadecimal_text(first);
    if (last > first) ranges += "-" + hexadecimal_text(last);
    ++out.parts;
  }
  // What ASCII needs comes first: it is what most text asks for.
  out.text = ranges.size() < 200 ? ranges + out.text : out.text + ranges;
  return out;
}

}  // namespace

std::string pattern_character(std::uint32_t p) {
  const bool plain = (p >= '0' && p <= '9') || (p >= 'a' && p <= 'z') || (p >= 'A' && p <= 'Z') ||
                     p == ' ' || p == '\'';
  return plain ? std::string(1, static_cast<char>(p)) : hexadecimal_text(p);
}

std::string pattern_set(const CodePointSet& set) {
  const auto& ranges = set.ranges();
  if (ranges.empty()) return "(*FAIL)";
  if (ranges.size() == 1 && ranges[0].first == ranges[0].second)
    return pattern_character(ranges[0].first);
  const Members inside = members(set);
  const Members outside = members(set.complement());
  if (outside.parts == 0) return "(?s:.)";
  if (inside.parts == 0) return "(*FAIL)";
  if (outside.parts < inside.parts) return "[^" + outside.text + "]";
  return "[" + inside.text + "]";
}

}  // namespace orch::tokenizer
