#include "jobs/tokenizer/byte_alphabet.h"

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

constexpr bool is_printable(unsigned b) {
  return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
}

constexpr std::uint32_t kCharactersMax = 256 + 68;  // 68 bytes are not printable

}  // namespace

const std::array<std::uint32_t, 256>& byte_characters() {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> t{};
    std::uint32_t next = 256;
    for (unsigned b = 0; b < 256; ++b) t[b] = is_printable(b) ? b : next++;
    return t;
  }();
  return table;
}

std::string spell_bytes(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) append_utf8(out, byte_characters()[static_cast<unsigned char>(c)]);
  return out;
}

std::optional<std::size_t> unspell_bytes(std::string_view spelled, char* out) {
  static const std::array<std::int16_t, kCharactersMax> bytes = [] {
    std::array<std::int16_t, kCharactersMax> t{};
    t.fill(-1);
    for (std::int16_t b = 0; b < 256; ++b) t[byte_characters()[static_cast<std::size_t>(b)]] = b;
    return t;
  }();
  char* const begin = out;
  for (std::size_t i = 0; i < spelled.size();) {
    std::uint32_t character = static_cast<unsigned char>(spelled[i++]);
    if (character >= 0x80) {
      // Those that stand for bytes have two bytes at most.
      if (character < 0xC0 || character >= 0xE0 || i == spelled.size()) return std::nullopt;
      character = (character & 0x1F) << 6 | (static_cast<unsigned char>(spelled[i++]) & 0x3F);
    }
    if (character >= kCharactersMax || bytes[character] < 0) return std::nullopt;
    *out++ = static_cast<char>(bytes[character]);
  }
  return static_cast<std::size_t>(out - begin);
}

std::optional<std::string> unspell_bytes(std::string_view spelled) {
  std::string out(spelled.size(), '\0');
  const auto size_bytes = unspell_bytes(spelled, out.data());
  if (!size_bytes) return std::nullopt;
  out.resize(*size_bytes);
  return out;
}

}  // namespace orch::tokenizer
