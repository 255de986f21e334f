#include "jobs/tokenizer/unicode_classes.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

/// One byte a code point, made once: 1.1 MB, most of it never touched.
const std::vector<CharClass>& class_table() {
  static const std::vector<CharClass> table = [] {
    std::vector<CharClass> t(kCodePointLimit, CharClass::kOther);
    const auto fill = [&](const char* property, CharClass value) {
      const CodePointSet set = property_set(property).value();
      for (const auto& [first, last] : set.ranges())
        std::fill(t.begin() + first, t.begin() + last + 1, value);
    };
    fill("L", CharClass::kLetter);
    fill("N", CharClass::kNumber);
    fill("White_Space", CharClass::kSpace);
    return t;
  }();
  return table;
}

/// What the first byte promises: bytes of the character and the allowed range of the second byte.
struct Lead {
  int size = 0;  ///< 0: no first byte
  unsigned char low = 0x80, high = 0xBF;
};

Lead lead_of(unsigned char c) {
  if (c < 0x80) return {1};
  if (c < 0xC2) return {0};
  if (c < 0xE0) return {2};
  if (c == 0xE0) return {3, 0xA0, 0xBF};
  if (c == 0xED) return {3, 0x80, 0x9F};  // no surrogates
  if (c < 0xF0) return {3};
  if (c == 0xF0) return {4, 0x90, 0xBF};
  if (c < 0xF4) return {4};
  if (c == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

/// How many bytes at the start of `text` fit the form of one character, and whether that is all of
/// it.
struct Match {
  std::size_t bytes = 0;
  bool whole = false;
};

Match match_character(std::string_view text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.size == 0) return {1, false};
  std::size_t n = 1;
  while (n < static_cast<std::size_t>(lead.size) && n < text.size()) {
    const auto c = static_cast<unsigned char>(text[n]);
    if (c < (n == 1 ? lead.low : 0x80) || c > (n == 1 ? lead.high : 0xBF)) break;
    ++n;
  }
  return {n, n == static_cast<std::size_t>(lead.size)};
}

std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if (word & 0x8080808080808080ULL) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace

CharClass char_class(std::uint32_t code_point) {
  return code_point < kCodePointLimit ? class_table()[code_point] : CharClass::kOther;
}

Character character_at(std::string_view text, std::size_t position) {
  if (position >= text.size()) return {};
  const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + position;
  if (p[0] < 0x80) return {p[0], 1};
  if (p[0] < 0xE0) return {(p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu), 2};
  if (p[0] < 0xF0) return {(p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu), 3};
  return {(p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu), 4};
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t i = 0;
  while (true) {
    i += ascii_prefix(text.substr(i));
    if (i == text.size()) return i;
    const Match match = match_character(text.substr(i));
    if (!match.whole) return i;
    i += match.bytes;
  }
}

std::string repair_utf8(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(match_character(text).bytes);
  }
}

void append_utf8(std::string& text, std::uint32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xC0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    text += static_cast<char>(0xE0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    text += static_cast<char>(0xF0 | c >> 18);
    text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    text += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool incomplete_utf8(std::string_view tail) {
  if (tail.empty()) return false;
  const Lead lead = lead_of(static_cast<unsigned char>(tail[0]));
  const Match match = match_character(tail);
  return lead.size > 1 && !match.whole && match.bytes == tail.size();
}

}  // namespace orch::tokenizer
