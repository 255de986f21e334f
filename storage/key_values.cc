#include "storage/key_values.h"

namespace orch::storage {
namespace {

constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

std::string big_endian(std::uint64_t value, int size_bytes) {
  std::string out(static_cast<std::size_t>(size_bytes), '\0');
  for (int i = size_bytes - 1; i >= 0; --i, value >>= 8) {
    out[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xff);
  }
  return out;
}

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string key_u64(std::uint64_t value) { return big_endian(value, 8); }
std::string key_u32(std::uint32_t value) { return big_endian(value, 4); }
std::string key_i64(std::int64_t value) {
  return key_u64(static_cast<std::uint64_t>(value) ^ kSignBit);
}
std::uint64_t read_u64(std::string_view bytes) { return number(bytes.substr(0, 8)); }
std::uint32_t read_u32(std::string_view bytes) {
  return static_cast<std::uint32_t>(number(bytes.substr(0, 4)));
}
std::int64_t read_i64(std::string_view bytes) {
  return static_cast<std::int64_t>(read_u64(bytes) ^ kSignBit);
}

std::string prefix_end(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace orch::storage
