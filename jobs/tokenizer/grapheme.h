#pragma once
// Grapheme clusters: what a reader takes for one character. Thread: any.
// Source: Unicode Standard Annex 29, rules GB3 to GB13 (extended clusters).

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orch::tokenizer {

enum class GraphemeClass : std::uint8_t {
  kOther,
  kControl,
  kPrepend,
  kLinker,  ///< an Extend that joins consonants
  kJoiner,
  kExtend,
  kSpacingMark,
  kRegional,
  kPicture,
  kConsonant,
  kL,
  kV,
  kT,
  kLv,
  kLvt,
};

struct GraphemeRange {
  std::uint32_t first, last;
  GraphemeClass value;
};
/// Sorted; what is in no range is kOther, or Hangul.
extern const GraphemeRange kGraphemeRanges[];
extern const std::size_t kGraphemeRangeCount;

GraphemeClass grapheme_class(std::uint32_t code_point);

/// End of the cluster that starts at `begin` < text.size(). The text is valid UTF-8.
std::size_t grapheme_end(std::string_view text, std::size_t begin);

}  // namespace orch::tokenizer
