#pragma once
// Byte-level vocabularies spell each byte as one printable character ("Ġ" is a space). Thread: any.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orch::tokenizer {

/// The character (as a code point) that stands for each byte.
const std::array<std::uint32_t, 256>& byte_characters();
/// " the" → "Ġthe"
std::string spell_bytes(std::string_view bytes);
/// "Ġthe" → " the"; nothing if some character stands for no byte. The text must be valid UTF-8.
std::optional<std::string> unspell_bytes(std::string_view spelled);
/// The same into `out`, which has room for as many bytes as `spelled` has. Returns how many were
/// written; nothing: as above, and what stands in `out` means nothing.
std::optional<std::size_t> unspell_bytes(std::string_view spelled, char* out);

}  // namespace orch::tokenizer
