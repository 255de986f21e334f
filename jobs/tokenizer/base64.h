#pragma once
// Base64 as RFC 4648 §4 has it (the charsmap in a tokenizer.json). Thread: any.

#include <optional>
#include <string>
#include <string_view>

namespace orch::tokenizer {

/// Nothing if a character is none of the alphabet, or the padding is wrong.
std::optional<std::string> decode_base64(std::string_view text);

std::string encode_base64(std::string_view bytes);

}  // namespace orch::tokenizer
