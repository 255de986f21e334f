#pragma once
// Text as CPython's str and re see it: the field's scorers are Python programs, so their notions of
// space, word, digit and lower case are part of a metric's definition. Works on code points
// (UTF-32); the tables are immutable. Thread: any.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace orch::score {

using Text = std::u32string;
using TextView = std::u32string_view;
inline constexpr std::size_t kNone = TextView::npos;  ///< what a search gives that finds nothing

/// Properties of a code point, one bit each.
enum CharFlag : std::uint16_t {
  kSpaceFlag = 1 << 0,        ///< str.isspace and \s
  kWordFlag = 1 << 1,         ///< \w
  kDecimalFlag = 1 << 2,      ///< \d
  kUpperFlag = 1 << 3,        ///< str.isupper
  kLowerFlag = 1 << 4,        ///< str.islower
  kPunctuationFlag = 1 << 5,  ///< \p{P}
  kSymbolFlag = 1 << 6,       ///< \p{S}
  kNumberFlag = 1 << 7,       ///< \p{N}
  kCasedFlag = 1 << 8,        ///< cased, for the final sigma
  kIgnorableFlag = 1 << 9,    ///< case-ignorable, for the final sigma
};
/// The tables (python_text_table.cc), a run of equal code points after another: distance from the
/// end of the run before, length - 1, flags; and distance, length - 1, stride, what the lower case
/// adds.
std::span<const std::int32_t> flag_numbers();
std::span<const std::int32_t> lower_numbers();

/// A few characters, known at compile time; those of ASCII are found without a search.
class CharSet {
 public:
  explicit constexpr CharSet(TextView all) : all_(all) {
    for (const char32_t c : all) {
      if (c < 128)
        bits_[c / 64] |= std::uint64_t{1} << c % 64;
      else
        wide_ = true;
    }
  }
  constexpr bool has(char32_t c) const {
    if (c < 128) return bits_[c / 64] >> c % 64 & 1;
    return wide_ && all_.find(c) != TextView::npos;
  }

 private:
  TextView all_;
  std::uint64_t bits_[2] = {0, 0};
  bool wide_ = false;
};

std::uint16_t char_flags(char32_t c);
inline constexpr CharSet kSpaces(U"\t\n\v\f\r\x1c\x1d\x1e\x1f ");
inline constexpr CharSet kDecimals(U"0123456789");
inline constexpr CharSet kWordChars(
    U"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
inline bool is_ascii_digit(char32_t c) { return c >= '0' && c <= '9'; }
inline bool is_space(char32_t c) {
  return c < 128 ? kSpaces.has(c) : (char_flags(c) & kSpaceFlag) != 0;
}
inline bool is_word(char32_t c) {
  return c < 128 ? kWordChars.has(c) : (char_flags(c) & kWordFlag) != 0;
}
inline bool is_decimal(char32_t c) {
  return c < 128 ? kDecimals.has(c) : (char_flags(c) & kDecimalFlag) != 0;
}

/// One code point's lower case, but for U+0130, whose lower case is two: 'i' is returned.
char32_t lower_char(char32_t c);
/// str.lower(), with the final sigma.
Text lower(TextView text);
/// str.split() without arguments.  Lifetime: views into `text`.
std::vector<TextView> split(TextView text);
TextView strip_left(TextView text);
TextView strip_right(TextView text);
TextView strip(TextView text);
/// str.replace(what, with); `what` is not empty.
Text replace(TextView text, TextView what, TextView with);
/// str.split(separator); `separator` is not empty.
std::vector<TextView> split_on(TextView text, TextView separator);

/// `bytes` must be valid UTF-8.
Text decode(std::string_view bytes);
std::string encode(TextView text);

}  // namespace orch::score
