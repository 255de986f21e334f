#pragma once
// A regular expression of Oniguruma's syntax as a tree, after everything that depends on Unicode,
// options and names has become sets, folded text and numbers. Made by pattern_parser, read by
// pattern_writer. Owned by value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/code_point_set.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

struct PatternNode {
  enum class Kind : std::uint8_t {
    kText,          ///< text, one character after the other; ignoring case: text is folded
    kSet,           ///< one character of set; or, as children, texts that count as one of them
    kSequence,      ///< children, one after the other
    kAlternatives,  ///< the first of children that leads to a match
    kRepeat,        ///< the child, low to high times
    kCapture,       ///< the child; what it matched is group `number`
    kAtomic,        ///< the child, without second thoughts
    kLook,          ///< the child matches (or not, if negative) behind or ahead
    kAnchor,        ///< verbatim: an assertion that PCRE2 spells and means the same
    kWordBoundary,  ///< between a character of set and another, or not if negative
    kReference,     ///< again what one of `groups` matched, the last that did
    kCondition,     ///< if group `number` matched the first child, else the second
    kCall,          ///< group `number` as a subroutine; 0: the whole
  };
  enum class Greed : std::uint8_t { kGreedy, kLazy, kPossessive };
  static constexpr std::uint32_t kUnlimited = UINT32_MAX;

  Kind kind = Kind::kSequence;
  bool ignore_case = false;
  bool negative = false;
  bool behind = false;
  Greed greed = Greed::kGreedy;
  std::uint32_t low = 0, high = 0;
  std::uint32_t number = 0;
  std::vector<std::uint32_t> groups;
  std::vector<std::uint32_t> text;
  std::string verbatim;
  CodePointSet set;
  std::vector<PatternNode> children;
};

/// Its first characters, for messages.
std::string pattern_excerpt(std::string_view source);

/// Errors: kInvalid with the place in the pattern: no regular expression, too deep, or a part that
/// is not supported, by its name.
Result<PatternNode> parse_pattern(std::string_view oniguruma, UnicodeVersion version);

/// The same with fewer nodes; only what write_pattern() writes from it is right, since texts that
/// ignore case are joined here.
PatternNode simplified_pattern(PatternNode node);

/// The same in PCRE2's syntax, for PCRE2_UTF | PCRE2_MULTILINE | PCRE2_DOTALL and newline LF.
/// Errors: kInvalid: a lookbehind without bounds, repeats past PCRE2's limits.
Result<std::string> write_pattern(const PatternNode& node, UnicodeVersion version);

}  // namespace orch::tokenizer
