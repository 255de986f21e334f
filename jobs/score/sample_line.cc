#include "jobs/score/sample_line.h"

#include <emmintrin.h>
#include <simdjson.h>

#include <bit>
#include <cstring>

#include "base/check.h"

namespace orch::score {

namespace {

constexpr int kDepthMax = 512;
constexpr std::ptrdiff_t kBlock = 16;

/// The four hexadecimal digits at p, or −1.
int hex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

class Scanner {
 public:
  explicit Scanner(std::string_view line)
      : begin_(line.data()), p_(line.data()), end_(line.data() + line.size()) {}

  std::string run(std::span<Member> members) {
    space();
    const bool good = p_ < end_ && *p_ == '{' ? object(members, 0) : fail("expected an object");
    if (good) {
      space();
      if (p_ != end_) fail("text after the object");
    }
    if (!what_.empty()) what_ += " (byte " + std::to_string(p_ - begin_ + 1) + ")";
    return std::move(what_);
  }

 private:
  bool fail(const char* what) {
    if (what_.empty()) what_ = what;
    return false;
  }

  void space() {
    while (p_ < end_ && (*p_ == ' ' || *p_ == '\t' || *p_ == '\r')) ++p_;
  }

  /// At '{'.
  bool object(std::span<Member> wanted, int depth) {
    if (depth > kDepthMax) return fail("nested too deeply");
    ++p_;
    space();
    if (p_ < end_ && *p_ == '}') return ++p_, true;
    while (true) {
      if (p_ >= end_ || *p_ != '"') return fail("expected a key");
      Member key;
      if (!string(key)) return false;
      Member* member = wanted.empty() ? nullptr : find(wanted, key);
      space();
      if (p_ >= end_ || *p_ != ':') return fail("expected ':'");
      ++p_;
      space();
      if (member != nullptr && member->kind != JsonKind::kAbsent)
        return fail("a key is there twice");
      Member skipped;
      if (!value(member != nullptr ? *member : skipped, depth + 1)) return false;
      space();
      if (p_ >= end_) return fail("the object does not end");
      if (*p_ == '}') return ++p_, true;
      if (*p_ != ',') return fail("expected ',' or '}'");
      ++p_;
      space();
    }
  }

  static Member* find(std::span<Member> wanted, const Member& key) {
    if (key.escaped) {
      const std::string name = member_text(key);
      for (Member& member : wanted)
        if (member.key == name) return &member;
      return nullptr;
    }
    for (Member& member : wanted)
      if (member.key.size() == key.text.size() && !member.key.empty() &&
          member.key[0] == key.text[0] &&
          std::memcmp(member.key.data(), key.text.data(), key.text.size()) == 0)
        return &member;
    return nullptr;
  }

  /// At '['.
  bool array(int depth) {
    if (depth > kDepthMax) return fail("nested too deeply");
    ++p_;
    space();
    if (p_ < end_ && *p_ == ']') return ++p_, true;
    while (true) {
      Member skipped;
      if (!value(skipped, depth + 1)) return false;
      space();
      if (p_ >= end_) return fail("the array does not end");
      if (*p_ == ']') return ++p_, true;
      if (*p_ != ',') return fail("expected ',' or ']'");
      ++p_;
      space();
    }
  }

  bool value(Member& out, int depth) {
    if (p_ >= end_) return fail("a value is missing");
    const char* from = p_;
    switch (*p_) {
      case '"':
        out.kind = JsonKind::kString;
        return string(out);
      case '{':
        out.kind = JsonKind::kObject;
        return object(out.members, depth);
      case '[':
        out.kind = JsonKind::kArray;
        if (!array(depth)) return false;
        out.text = {from, p_};
        return true;
      case 't':
        return word(out, "true", JsonKind::kTrue);
      case 'f':
        return word(out, "false", JsonKind::kFalse);
      case 'n':
        return word(out, "null", JsonKind::kNull);
      case 'N':
        return word(out, "NaN", JsonKind::kNotFinite);
      case 'I':
        return word(out, "Infinity", JsonKind::kNotFinite);
      default:
        break;
    }
    if (end_ - p_ > 1 && p_[0] == '-' && p_[1] == 'I')
      return word(out, "-Infinity", JsonKind::kNotFinite);
    if (!number()) return fail("expected a value");
    out.kind = JsonKind::kNumber;
    out.text = {from, p_};
    return true;
  }

  bool word(Member& out, std::string_view expected, JsonKind kind) {
    if (static_cast<std::size_t>(end_ - p_) < expected.size() ||
        std::memcmp(p_, expected.data(), expected.size()) != 0)
      return fail("expected a value");
    p_ += expected.size();
    out.kind = kind;
    return true;
  }

  bool digits() {
    const char* from = p_;
    while (p_ < end_ && *p_ >= '0' && *p_ <= '9') ++p_;
    return p_ > from;
  }

  bool number() {
    if (p_ < end_ && *p_ == '-') ++p_;
    if (p_ < end_ && *p_ == '0') {
      ++p_;
    } else if (!digits()) {
      return false;
    }
    if (p_ < end_ && *p_ == '.') {
      ++p_;
      if (!digits()) return false;
    }
    if (p_ < end_ && (*p_ == 'e' || *p_ == 'E')) {
      ++p_;
      if (p_ < end_ && (*p_ == '+' || *p_ == '-')) ++p_;
      if (!digits()) return false;
    }
    return true;
  }

  /// To the next quote, backslash or control character.
  void plain() {
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    for (; end_ - p_ >= kBlock; p_ += kBlock) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p_));
      const __m128i special =
          _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                       _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
      const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
      if (mask == 0) continue;
      p_ += std::countr_zero(mask);
      return;
    }
    while (p_ < end_ && *p_ != '"' && *p_ != '\\' && static_cast<unsigned char>(*p_) >= 0x20) ++p_;
  }

  /// At the opening quote.
  bool string(Member& out) {
    const char* from = ++p_;
    while (true) {
      plain();
      if (p_ >= end_) return fail("a string does not end");
      if (*p_ == '"') {
        out.text = {from, p_++};
        return true;
      }
      if (*p_ != '\\') return fail("a control character in a string");
      out.escaped = true;
      if (!escape()) return false;
    }
  }

  /// At a backslash.
  bool escape() {
    if (end_ - p_ < 2) return fail("a string does not end");
    const char c = p_[1];
    if (c != 'u') {
      if (std::strchr("\"\\/bfnrt", c) == nullptr || c == '\0') return fail("an unknown escape");
      p_ += 2;
      return true;
    }
    const int unit = hex4(p_ + 2, end_);
    if (unit < 0) return fail("\\u without four hexadecimal digits");
    if (is_low_surrogate(unit)) return fail("a lone surrogate");
    p_ += 6;
    if (!is_high_surrogate(unit)) return true;
    if (end_ - p_ < 6 || p_[0] != '\\' || p_[1] != 'u' || !is_low_surrogate(hex4(p_ + 2, end_)))
      return fail("a lone surrogate");
    p_ += 6;
    return true;
  }

  const char *begin_, *p_, *end_;
  std::string what_;
};

}  // namespace

std::string scan_line(std::string_view line, std::span<Member> members) {
  if (!simdjson::validate_utf8(line.data(), line.size())) return "not UTF-8";
  return Scanner(line).run(members);
}

std::string member_text(const Member& member) {
  if (!member.escaped) return std::string(member.text);
  // The scanner has checked it: only the decoding is left.
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  const std::string quoted = '"' + std::string(member.text) + '"';
  std::string_view text;
  const bool decoded = !parser.parse(quoted).get(element) && !element.get(text);
  ORCH_CHECK(decoded, "a string that was checked cannot be decoded");
  return std::string(text);
}

}  // namespace orch::score
