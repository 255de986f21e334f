#pragma once
// Recognises the files that the fast encoder can do. Thread: any.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/fast_scan.h"
#include "jobs/tokenizer/token_texts.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

inline constexpr std::string_view kMetaspaceMark = "\u2581";  ///< a space, in such vocabularies

struct FastShape {
  enum class Cut : unsigned char {
    kPattern,    ///< bytes, cut by `pattern`
    kNowhere,    ///< characters, not cut
    kEachSpace,  ///< characters, cut before each space
  };
  enum class Prefix : unsigned char {
    kNone,
    kUnlessSpace,       ///< a space, if the text does not begin with one
    kFirstUnlessSpace,  ///< the same, at the start of a document only
    kAlways,            ///< a space
  };
  Cut cut = Cut::kPattern;
  Prefix prefix = Prefix::kNone;
  ScanPattern pattern = ScanPattern::kGpt2;
  bool nfc = false;
  bool normalizes = false;
  bool ignore_merges = false;
  std::array<std::uint32_t, 256> byte_ids{};  ///< of a byte, or of an unknown character's bytes
  TokenTexts tokens;                          ///< id → bytes, with a plain space for "▁"
  std::vector<std::uint32_t> symbols;         ///< ids that text is first cut into
};

/// Nothing if the file has another shape.
std::optional<FastShape> fast_shape(const TokenizerFile& file);

}  // namespace orch::tokenizer
