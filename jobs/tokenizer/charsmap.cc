#include "jobs/tokenizer/charsmap.h"

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) == 1; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t out = 0;
  for (int i = 3; i >= 0; --i)
    out = out << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

Result<Charsmap> Charsmap::parse(std::string_view blob) {
  if (blob.size() < 4) return invalid("precompiled_charsmap is shorter than its header");
  const std::size_t trie_bytes = little_endian(blob);
  blob.remove_prefix(4);
  if (trie_bytes == 0 || trie_bytes % 4 != 0 || trie_bytes > blob.size())
    return invalid("precompiled_charsmap holds fewer bytes than its header says");
  Charsmap out;
  for (std::size_t i = 0; i < trie_bytes; i += 4)
    out.units_.push_back(little_endian(blob.substr(i)));
  out.replacements_ = blob.substr(trie_bytes);
  if (valid_utf8_prefix(out.replacements_) != out.replacements_.size())
    return invalid("the replacements of precompiled_charsmap are not UTF-8");
  return out;
}

template <typename Visit>
void Charsmap::prefixes(std::string_view text, const Visit& visit) const {
  std::size_t node = offset(units_[0]);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) return;
    node ^= byte;
    if (node >= units_.size() || label(units_[node]) != byte) return;
    const std::uint32_t unit = units_[node];
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size()) return;
    const std::size_t begin = value(units_[node]);
    if (begin > replacements_.size()) return;
    const std::string_view replacement = std::string_view(replacements_).substr(begin);
    if (!visit(Entry{i + 1, replacement.substr(0, replacement.find('\0'))})) return;
  }
}

std::optional<std::string_view> Charsmap::find(std::string_view part) const {
  std::optional<std::string_view> found;
  prefixes(part, [&](const Entry& entry) {
    found = entry.replacement;
    return false;
  });
  return found;
}

Charsmap::Entry Charsmap::find_longest(std::string_view text) const {
  Entry longest;
  prefixes(text, [&](const Entry& entry) {
    longest = entry;
    return true;
  });
  return longest;
}

}  // namespace orch::tokenizer
