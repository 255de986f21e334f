#pragma once
// The normalizers of a tokenizer.json, each as the original has it. Immutable; thread: any, each
// with its own Scratch.

#include <memory>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/pattern.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// Appends the new text of one piece.
  virtual void apply(const PieceView& in, AlignedText& out, Pattern::Scratch& scratch) const = 0;
};

using Normalizers = std::vector<std::unique_ptr<const Normalizer>>;

/// Errors: kInvalid: a regular expression or a charsmap that cannot be read.
Result<Normalizers> make_normalizers(const std::vector<NormalizerSpec>& specs,
                                     const UnicodeProfile& unicode);

/// The normalized form of an added token's content.
std::string normalized_text(const Normalizers& normalizers, std::string_view text,
                            Pattern::Scratch& scratch);

/// Each byte as the character that byte-level vocabularies spell it with.
void spell_piece(const PieceView& in, AlignedText& out);

}  // namespace orch::tokenizer
