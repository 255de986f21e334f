#pragma once
// The three character classes that pre-tokenizers speak of, by a table of one fixed Unicode version
// (the version is part of what a tokenizer means). Thread: any.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace orch::tokenizer {

enum class CharClass : unsigned char { kOther, kLetter, kNumber, kSpace };

/// \p{L}, \p{N} or \s of a code point.
CharClass char_class(std::uint32_t code_point);

/// One character of valid UTF-8 text. `size_bytes` is 0 at the end.
struct Character {
  std::uint32_t code_point = 0;
  std::uint32_t size_bytes = 0;
};
/// The character at `position`. The text must be valid UTF-8 (see valid_utf8).
Character character_at(std::string_view text, std::size_t position);

/// Length of the longest prefix that is whole, valid UTF-8.
std::size_t valid_utf8_prefix(std::string_view text);
/// Each maximal invalid part becomes U+FFFD, as Python's and Rust's lossy decoders do.
std::string repair_utf8(std::string_view text);
void append_utf8(std::string& text, std::uint32_t code_point);

/// True if `tail` may still become a character when more bytes come.
bool incomplete_utf8(std::string_view tail);

}  // namespace orch::tokenizer
