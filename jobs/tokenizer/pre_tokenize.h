#pragma once
// The pre-tokenizers of a tokenizer.json, each as the original has it. Immutable; thread: any, each
// with its own Scratch.

#include <memory>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/pattern.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Cuts, and where it says so rewrites, every piece.
  virtual void apply(Pieces& pieces, Pattern::Scratch& scratch) const = 0;
};

using PreTokenizers = std::vector<std::unique_ptr<const PreTokenizer>>;

/// Errors: kInvalid: a regular expression that cannot be read.
Result<PreTokenizers> make_pre_tokenizers(const std::vector<PreTokenizerSpec>& specs,
                                          const UnicodeProfile& unicode);

}  // namespace orch::tokenizer
