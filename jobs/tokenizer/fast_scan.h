#pragma once
// Published split patterns, scanned by hand: linear time, no backtracking. A pattern is known by
// its exact text. The scanners are templates so that the encoder's loop can take them in; piece_end
// is the same for anybody else. Thread: any.

#include <emmintrin.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace orch::tokenizer {

enum class ScanPattern : unsigned char {
  kLlama3,  ///< numbers in groups of up to three digits
  kQwen2,   ///< the same with each digit alone
  kGpt2,    ///< ByteLevel's own
  kO200k,   ///< tiktoken's o200k (GPT-4o): words end where lower case turns to upper
  kTekken,  ///< Mistral's: o200k without contractions, each digit alone
};

/// The pattern of that exact text, if it is one that is known.
std::optional<ScanPattern> find_scan_pattern(std::string_view regex);
/// Every text under which a pattern is known; for tests.
struct KnownScan {
  ScanPattern pattern;
  std::string_view regex;
};
std::span<const KnownScan> known_scans();

/// What the patterns ask of a character, as bits.
namespace scan_class {
inline constexpr std::uint8_t kLetter = 1, kNumber = 2, kSpace = 4;
inline constexpr std::uint8_t kUpper = 8;   ///< Lu, Lt
inline constexpr std::uint8_t kLower = 16;  ///< Ll
inline constexpr std::uint8_t kMark = 32;
inline constexpr std::uint8_t kNewline = 64;
inline constexpr std::uint8_t kWord = kLetter | kNumber | kSpace;  ///< none of it: "other"
}  // namespace scan_class
/// scan_class bits of every code point.
const std::uint8_t* scan_classes();

/// End of the piece that starts at `begin` < text.size(). The text must be valid UTF-8.
std::size_t piece_end(ScanPattern pattern, std::string_view text, std::size_t begin);

/// Looks at bytes of valid UTF-8 from `p` on; none of its members reads at or behind `end`.
class Scanner {
 public:
  using Byte = unsigned char;
  explicit Scanner(const Byte* end) : end_(end), classes_(scan_classes()) {}

  /// Class bits of the character at `p` < end, and where the next one begins.
  std::uint8_t at(const Byte* p, const Byte*& next) const {
    if (p[0] < 0x80) {
      next = p + 1;
      return classes_[p[0]];
    }
    if (p[0] < 0xE0) {
      next = p + 2;
      return classes_[(p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu)];
    }
    if (p[0] < 0xF0) {
      next = p + 3;
      return classes_[(p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu)];
    }
    next = p + 4;
    return classes_[(p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 |
                    (p[3] & 0x3Fu)];
  }
  static bool is_ascii_letter(Byte c) { return static_cast<unsigned>(c | 0x20) - 'a' < 26; }
  const Byte* skip(const Byte* p, std::uint8_t bits) const {
    const Byte* next = p;
    while (p < end_ && (at(p, next) & bits) != 0) p = next;
    return p;
  }
  const Byte* skip_none_of(const Byte* p, std::uint8_t bits) const {
    const Byte* next = p;
    while (p < end_ && (at(p, next) & bits) == 0) p = next;
    return p;
  }
  const Byte* skip_letters(const Byte* p) const {
    while (true) {
      while (end_ - p >= 16) {
        const unsigned stop = not_ascii_letters(p);
        if (stop != 0) {
          p += std::countr_zero(stop);
          break;
        }
        p += 16;
      }
      const Byte* next = p;
      if (p == end_ || (p[0] < 0x80 && !(classes_[p[0]] & scan_class::kLetter))) return p;
      if (!(at(p, next) & scan_class::kLetter)) return p;
      // In other scripts the next one mostly is no ASCII letter either.
      do p = next;
      while (p < end_ && p[0] >= 0x80 && (at(p, next) & scan_class::kLetter));
      if (p == end_ || p[0] >= 0x80) return p;
    }
  }
  const Byte* find_space(const Byte* p) const {
    for (; end_ - p >= 16; p += 16) {
      const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      const auto hits =
          static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8(' '))));
      if (hits != 0) return p + std::countr_zero(hits);
    }
    while (p < end_ && *p != ' ') ++p;
    return p;
  }
  const Byte* skip_newlines(const Byte* p) const {
    while (p < end_ && (*p == '\r' || *p == '\n')) ++p;
    return p;
  }
  const Byte* numbers(const Byte* p, int digits_max) const {
    const Byte* next = p;
    for (int i = 0; i < digits_max && p < end_ && (at(p, next) & scan_class::kNumber); ++i)
      p = next;
    return p;
  }
  /// 's 't 're 've 'm 'll 'd at an apostrophe: the end, or null.
  template <bool kIgnoreCase>
  const Byte* contraction(const Byte* p) const {
    if (end_ - p < 2) return nullptr;
    const auto fold = [](Byte c) -> Byte {
      return kIgnoreCase && c >= 'A' && c <= 'Z' ? static_cast<Byte>(c + 32) : c;
    };
    const Byte a = fold(p[1]);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return p + 2;
    // U+017F, the long s, is an s when case does not matter.
    if (kIgnoreCase && end_ - p >= 3 && p[1] == 0xC5 && p[2] == 0xBF) return p + 3;
    if (end_ - p < 3) return nullptr;
    const Byte b = fold(p[2]);
    return (b == 'e' && (a == 'r' || a == 'v')) || (a == 'l' && b == 'l') ? p + 3 : nullptr;
  }
  /// \s+(?!\S)|\s+ at white space: the last space before a word is left to the word.
  const Byte* spaces(const Byte* p) const {
    const Byte *begin = p, *last = p, *next = p;
    while (p < end_ && (at(p, next) & scan_class::kSpace)) {
      last = p;
      p = next;
    }
    return p == end_ || last == begin ? p : last;
  }
  /// \s*[\r\n]+ at white space: up to the last newline of the run, or null.
  const Byte* newline(const Byte* p) const {
    const Byte *found = nullptr, *next = p;
    while (p < end_) {
      const std::uint8_t bits = at(p, next);
      if (!(bits & scan_class::kSpace)) break;
      p = next;
      if (bits & scan_class::kNewline) found = p;
    }
    return found;
  }
  const Byte* end() const { return end_; }

 private:
  static unsigned not_ascii_letters(const Byte* p) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i folded = _mm_or_si128(x, _mm_set1_epi8(0x20));
    // Signed comparison after a shift of the range's end to the top: 'a'…'z' become the 26 highest.
    const __m128i high = _mm_add_epi8(folded, _mm_set1_epi8(static_cast<char>(127 - 'z')));
    const __m128i letters = _mm_cmpgt_epi8(high, _mm_set1_epi8(127 - 26));
    return static_cast<unsigned>(_mm_movemask_epi8(letters)) ^ 0xFFFFu;
  }

  const Byte* end_;
  const std::uint8_t* classes_;
};

/// One pattern each: `const Byte* operator()(const Scanner&, const Byte* p)` gives the piece's end.
template <int kDigitsMax>
struct LlamaScan {
  using Byte = Scanner::Byte;
  const Byte* operator()(const Scanner& s, const Byte* p) const {
    using namespace scan_class;
    const Byte* next = p;
    if (*p == ' ' && s.end() - p > 1 && s.is_ascii_letter(p[1])) return s.skip_letters(p + 2);
    const std::uint8_t bits = s.at(p, next);
    if (bits & kLetter) return s.skip_letters(next);
    if (bits & kNumber) return s.numbers(p, kDigitsMax);
    if (*p == '\'')
      if (const Byte* end = s.contraction<true>(p)) return end;
    const bool more = next < s.end();
    const Byte* after = next;
    const std::uint8_t follows = more ? s.at(next, after) : kSpace;
    if (!(bits & kNewline) && (follows & kLetter)) return s.skip_letters(after);
    if (!(bits & kSpace)) return s.skip_newlines(s.skip_none_of(next, kWord));
    if (*p == ' ' && !(follows & kWord)) return s.skip_newlines(s.skip_none_of(after, kWord));
    if (const Byte* end = s.newline(p)) return end;
    return s.spaces(p);
  }
};

struct Gpt2Scan {
  using Byte = Scanner::Byte;
  const Byte* operator()(const Scanner& s, const Byte* p) const {
    using namespace scan_class;
    if (*p == '\'')
      if (const Byte* end = s.contraction<false>(p)) return end;
    const Byte* run = p;
    if (*p == ' ' && s.end() - p > 1) ++run;
    const Byte* next = run;
    const std::uint8_t bits = s.at(run, next);
    if (bits & kLetter) return s.skip_letters(next);
    if (bits & kNumber) return s.skip(next, kNumber);
    if (!(bits & kSpace)) return s.skip_none_of(next, kWord);
    return s.spaces(p);
  }
};

/// [^\r\n\p{L}\p{N}]?U*L+(contraction)?|[^\r\n\p{L}\p{N}]?U+L*(contraction)?| … where U is upper
/// case, title case, and what has no case, and L is lower case and what has no case.
template <int kDigitsMax, bool kContractions, bool kSlash>
struct CasedScan {
  using Byte = Scanner::Byte;
  const Byte* operator()(const Scanner& s, const Byte* p) const {
    using namespace scan_class;
    const Byte* next = p;
    const std::uint8_t bits = s.at(p, next);
    if (const Byte* end = word(s, p, next, bits)) return end;
    if (bits & kNumber) return s.numbers(p, kDigitsMax);
    const Byte* after = next;
    const std::uint8_t follows = next < s.end() ? s.at(next, after) : kSpace;
    if (!(bits & kSpace)) return tail(s, s.skip_none_of(next, kWord));
    if (*p == ' ' && !(follows & kWord)) return tail(s, s.skip_none_of(after, kWord));
    if (const Byte* end = s.newline(p)) return end;
    return s.spaces(p);
  }

 private:
  static bool is_cased(std::uint8_t bits) {
    return (bits & (scan_class::kLetter | scan_class::kMark)) != 0;
  }
  static const Byte* tail(const Scanner& s, const Byte* p) {
    while (p < s.end() && (*p == '\r' || *p == '\n' || (kSlash && *p == '/'))) ++p;
    return p;
  }
  /// Both word alternatives; null if neither fits. A mark may be the optional first character or
  /// part of the word: the greedy choice tries it first as the former.
  static const Byte* word(const Scanner& s, const Byte* p, const Byte* next, std::uint8_t bits) {
    using namespace scan_class;
    const bool optional = (bits & (kLetter | kNumber | kNewline)) == 0;
    for (const bool lower : {true, false}) {
      if (optional)
        if (const Byte* end = lower ? lower_word(s, next) : upper_word(s, next))
          return contracted(s, end);
      if (!is_cased(bits)) continue;
      if (const Byte* end = lower ? lower_word(s, p) : upper_word(s, p)) return contracted(s, end);
    }
    return nullptr;
  }
  /// U*L+: greedy U*, given back until an L follows.
  static const Byte* lower_word(const Scanner& s, const Byte* p) {
    using namespace scan_class;
    const Byte *next = p, *caseless_end = nullptr;
    while (p < s.end()) {
      const std::uint8_t bits = s.at(p, next);
      if (!is_cased(bits) || (bits & kLower)) break;
      p = next;
      if (!(bits & kUpper)) caseless_end = p;
    }
    const Byte* run = p;
    while (run < s.end()) {
      const std::uint8_t bits = s.at(run, next);
      if (!is_cased(bits) || (bits & kUpper)) break;
      run = next;
    }
    return run > p ? run : caseless_end;
  }
  /// U+L*, when no U*L+ fits: there is nothing of L in it.
  static const Byte* upper_word(const Scanner& s, const Byte* p) {
    using namespace scan_class;
    const Byte *begin = p, *next = p;
    while (p < s.end()) {
      const std::uint8_t bits = s.at(p, next);
      if (!is_cased(bits) || (bits & kLower)) break;
      p = next;
    }
    return p > begin ? p : nullptr;
  }
  static const Byte* contracted(const Scanner& s, const Byte* p) {
    if (!kContractions || p == s.end() || *p != '\'') return p;
    const Byte* end = s.contraction<true>(p);
    return end ? end : p;
  }
};

/// Calls `use` with the scanner of the pattern.
template <typename Use>
auto with_scan(ScanPattern pattern, const Use& use) {
  switch (pattern) {
    case ScanPattern::kLlama3:
      return use(LlamaScan<3>());
    case ScanPattern::kQwen2:
      return use(LlamaScan<1>());
    case ScanPattern::kO200k:
      return use(CasedScan<3, true, true>());
    case ScanPattern::kTekken:
      return use(CasedScan<1, false, true>());
    case ScanPattern::kGpt2:
      break;
  }
  return use(Gpt2Scan());
}

}  // namespace orch::tokenizer
