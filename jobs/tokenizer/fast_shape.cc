#include "jobs/tokenizer/fast_shape.h"

#include <algorithm>

#include "jobs/tokenizer/byte_alphabet.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

template <typename T, typename Variant>
const T* as(const std::vector<Variant>& parts, std::size_t i) {
  return i < parts.size() ? std::get_if<T>(&parts[i]) : nullptr;
}

std::size_t size_of_all(const TokenList& tokens) {
  std::size_t size_bytes = 0;
  for (const std::string_view token : tokens) size_bytes += token.size();
  return size_bytes;
}

/// Byte-level: every byte has a token, so nothing is ever unknown.
bool take_byte_tokens(const TokenizerFile& file, FastShape& shape) {
  std::array<bool, 256> seen{};
  shape.tokens.reserve(file.tokens.size(), size_of_all(file.tokens));
  for (std::size_t id = 0; id < file.tokens.size(); ++id) {
    // A spelling outside the alphabet never meets text.
    shape.tokens.add_up_to(file.tokens[id].size(), [&](char* out) {
      return unspell_bytes(file.tokens[id], out).value_or(0);
    });
    const std::string_view bytes = shape.tokens[id];
    if (bytes.size() != 1) continue;
    const auto byte = static_cast<unsigned char>(bytes[0]);
    seen[byte] = true;
    shape.byte_ids[byte] = static_cast<std::uint32_t>(id);
    shape.symbols.push_back(static_cast<std::uint32_t>(id));
  }
  for (const bool there : seen)
    if (!there) return false;
  return true;
}

/// "▁" → " ", into `out`, which has room for the token; nothing for a token with a plain space in
/// it: text has none left. Returns how many bytes were written.
std::size_t without_marks(std::string_view token, char* out) {
  if (token.find(' ') != std::string_view::npos) return 0;
  char* const begin = out;
  while (true) {
    const std::size_t at = token.find(kMetaspaceMark);
    const std::string_view plain = token.substr(0, at);
    out = std::copy(plain.begin(), plain.end(), out);
    if (at == std::string_view::npos) return static_cast<std::size_t>(out - begin);
    *out++ = ' ';
    token.remove_prefix(at + kMetaspaceMark.size());
  }
}

/// "<0x0A>" → 10, else -1.
int byte_of(std::string_view token) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const std::size_t high = kDigits.find(token[3]), low = kDigits.find(token[4]);
  if (high == std::string_view::npos || low == std::string_view::npos) return -1;
  return static_cast<int>(high * 16 + low);
}

/// Characters: what has no token of its own is written as bytes, which must all be there and never
/// merge.
bool take_character_tokens(const TokenizerFile& file, const spec::Bpe& bpe, FastShape& shape) {
  std::array<bool, 256> seen{};
  std::vector<bool> is_byte(file.tokens.size());
  shape.tokens.reserve(file.tokens.size(), size_of_all(file.tokens));
  for (std::size_t id = 0; id < file.tokens.size(); ++id) {
    if (const int byte = byte_of(file.tokens[id]); byte >= 0) {
      seen[static_cast<std::size_t>(byte)] = is_byte[id] = true;
      shape.byte_ids[static_cast<std::size_t>(byte)] = static_cast<std::uint32_t>(id);
    }
    shape.tokens.add_up_to(file.tokens[id].size(),
                           [&](char* out) { return without_marks(file.tokens[id], out); });
    const std::string_view text = shape.tokens[id];
    if (!text.empty() && character_at(text, 0).size_bytes == text.size())
      shape.symbols.push_back(static_cast<std::uint32_t>(id));
  }
  for (const bool there : seen)
    if (!there) return false;
  for (const Merge& merge : bpe.merges)
    if (is_byte[static_cast<std::size_t>(merge.left)] ||
        is_byte[static_cast<std::size_t>(merge.right)])
      return false;
  return true;
}

bool byte_level_shape(const TokenizerFile& file, FastShape& shape) {
  const auto& normalizers = file.normalizers;
  shape.nfc = as<spec::Nfc>(normalizers, 0) != nullptr;
  if (normalizers.size() > 1 || (normalizers.size() == 1 && !shape.nfc)) return false;
  const auto& parts = file.pre_tokenizers;
  const auto* level = parts.empty() ? nullptr : std::get_if<spec::ByteLevel>(&parts.back());
  if (!level || parts.size() > 2) return false;
  if (parts.size() == 1) {
    if (!level->use_regex) return false;
    shape.prefix =
        level->add_prefix_space ? FastShape::Prefix::kUnlessSpace : FastShape::Prefix::kNone;
    return true;
  }
  const auto* split = as<spec::Split>(parts, 0);
  if (!split || level->use_regex || level->add_prefix_space) return false;
  if (!split->pattern.is_regex || split->invert || split->behavior != SplitBehavior::kIsolated)
    return false;
  const auto pattern = find_scan_pattern(split->pattern.text);
  if (pattern) shape.pattern = *pattern;
  return pattern.has_value();
}

bool is_space_to_mark(const spec::Replace& replace) {
  return !replace.pattern.is_regex && replace.pattern.text == " " &&
         replace.content == kMetaspaceMark;
}

/// The normalizers Prepend and Replace, either alone too; spaces are gone after it.
bool mark_normalizers(const TokenizerFile& file, FastShape& shape) {
  const auto& parts = file.normalizers;
  std::size_t at = 0;
  if (const auto* prepend = as<spec::Prepend>(parts, 0)) {
    if (prepend->text != kMetaspaceMark) return false;
    shape.prefix = FastShape::Prefix::kAlways;
    ++at;
  }
  const auto* replace = as<spec::Replace>(parts, at);
  return replace && is_space_to_mark(*replace) && at + 1 == parts.size();
}

bool character_shape(const TokenizerFile& file, FastShape& shape) {
  shape.cut = FastShape::Cut::kNowhere;
  const auto& parts = file.pre_tokenizers;
  if (parts.size() > 1) return false;
  if (const auto* metaspace = as<spec::Metaspace>(parts, 0)) {
    if (!file.normalizers.empty() || metaspace->replacement != kMetaspaceMark) return false;
    if (metaspace->split) shape.cut = FastShape::Cut::kEachSpace;
    shape.prefix =
        metaspace->prepend_scheme == PrependScheme::kAlways  ? FastShape::Prefix::kUnlessSpace
        : metaspace->prepend_scheme == PrependScheme::kFirst ? FastShape::Prefix::kFirstUnlessSpace
                                                             : FastShape::Prefix::kNone;
    return true;
  }
  if (!mark_normalizers(file, shape)) return false;
  if (parts.empty()) return true;
  // Gemma's: splits at spaces, of which none are left.
  const auto* split = as<spec::Split>(parts, 0);
  return split && !split->pattern.is_regex && split->pattern.text == " " && !split->invert;
}

}  // namespace

std::optional<FastShape> fast_shape(const TokenizerFile& file) {
  const auto* bpe = std::get_if<spec::Bpe>(&file.model);
  if (!bpe || !bpe->continuing_subword_prefix.empty() || !bpe->end_of_word_suffix.empty())
    return std::nullopt;
  FastShape shape;
  shape.normalizes = !file.normalizers.empty();
  if (!bpe->user_defined.empty()) return std::nullopt;
  shape.ignore_merges = bpe->ignore_merges;
  if (byte_level_shape(file, shape))
    return take_byte_tokens(file, shape) ? std::optional(std::move(shape)) : std::nullopt;
  shape = {};
  shape.normalizes = !file.normalizers.empty();
  if (bpe->ignore_merges || !bpe->byte_fallback || !character_shape(file, shape))
    return std::nullopt;
  return take_character_tokens(file, *bpe, shape) ? std::optional(std::move(shape)) : std::nullopt;
}

}  // namespace orch::tokenizer
