#pragma once
// Cuts text into the pieces inside which merges happen. The published split patterns are known by
// their exact text and scanned by hand: linear time, no backtracking. Thread: any.

#include <optional>
#include <string_view>

namespace orch::tokenizer {

enum class SplitPattern : unsigned char {
  kLlama3,  ///< numbers in groups of up to three digits
  kQwen2,   ///< the same with each digit alone
  kGpt2,    ///< ByteLevel's own
};

/// The regular expression as tokenizer.json spells it.
std::string_view pattern_text(SplitPattern pattern);
/// The pattern of that exact text, if it is one that is known.
std::optional<SplitPattern> find_pattern(std::string_view regex);

/// End of the piece that starts at `begin` < text.size(). The text must be valid UTF-8.
std::size_t piece_end(SplitPattern pattern, std::string_view text, std::size_t begin);

}  // namespace orch::tokenizer
