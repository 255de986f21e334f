#pragma once
// Characters in UTF-8 text, told by the bytes that begin one. Thread: any.

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace orch {

/// A byte of UTF-8 that no character begins with.
inline bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Number of code points in valid UTF-8 text.
inline std::size_t characters(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues_character));
}

}  // namespace orch
