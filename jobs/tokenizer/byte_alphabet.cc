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

std::optional<std::string> unspell_bytes(std::string_view spelled) {
  static const std::array<int, kCharactersMax> bytes = [] {
    std::array<int, kCharactersMax> t{};
    t.fill(-1);
    for (int b = 0; b < 256; ++b) t[byte_characters()[static_cast<std::size_t>(b)]] = b;
    return t;
  }();
  std::string out;
  for (std::size_t i = 0; i < spelled.size();) {
    const Character c = character_at(spelled, i);
    if (c.code_point >= kCharactersMax || bytes[c.code_point] < 0) return std::nullopt;
    out += static_cast<char>(bytes[c.code_point]);
    i += c.size_bytes;
  }
  return out;
}

}  // namespace orch::tokenizer
