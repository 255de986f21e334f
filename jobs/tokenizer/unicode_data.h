#pragma once
// The packed tables that make_unicode_data.py writes, and how they are read: numbers in base 64,
// five bits a character, lowest first, the sixth bit says that more follow. Only unicode_*.cc reads
// them. Thread: any.

#include <cstdint>
#include <string_view>

namespace orch::tokenizer::unicode_data {

/// Runs over all code points: length, value. Value: the UnicodeVersion in which they came; the
/// number after the last for those that are not assigned.
extern const char kAges[];
/// Runs: length, GeneralCategory. Of the newest version.
extern const char kCategories[];
/// For some versions: the version, how many code points, and each with what it was then.
extern const char kCategoryChanges[];
/// Runs: length, canonical combining class.
extern const char kCombining[];
/// Code point (difference), kind (0 composes back, 1 does not, 2 compatibility) + 3 · length, code
/// points as signed differences: from the one before, the first from the first of the entry before.
extern const char kDecompositions[];
/// Code point (difference), length, code points as signed differences.
extern const char kLower[];
extern const char kFolds[];
/// Four sets (count, then gap and length of each range) in which Bert's classes are not what age
/// and category say: punctuation, controls, non-spacing marks, and StripAccents' marks.
extern const char kBert[];
/// Groups of names with the same meaning, "|" between groups; for each 1 if it holds of characters
/// before they come, and a set (as above).
extern const char kPropertyNames[];
extern const char kPropertySets[];

/// Reads one table from its start. A table is trusted: it is part of the program.
class Packed {
 public:
  explicit Packed(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool more() const { return at_ != end_; }
  std::uint32_t next() {
    std::uint32_t out = 0;
    for (unsigned shift = 0;; shift += 5) {
      const std::uint32_t digit = value(*at_++);
      out |= (digit & 31) << shift;
      if (digit < 32) return out;
    }
  }
  std::int32_t next_signed() {
    const std::uint32_t n = next();
    return n & 1 ? -static_cast<std::int32_t>(n / 2) - 1 : static_cast<std::int32_t>(n / 2);
  }

 private:
  static std::uint32_t value(char c) {
    if (c >= 'a') return static_cast<std::uint32_t>(c - 'a') + 26;
    if (c >= 'A') return static_cast<std::uint32_t>(c - 'A');
    if (c >= '0') return static_cast<std::uint32_t>(c - '0') + 52;
    return c == '+' ? 62 : 63;
  }
  const char* at_;
  const char* end_;
};

}  // namespace orch::tokenizer::unicode_data
