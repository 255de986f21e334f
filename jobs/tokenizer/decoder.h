#pragma once
// The decoders of a tokenizer.json: spellings of tokens → text, each as the original has it.
// Immutable; thread: any, each with its own Scratch.

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/pattern.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual void apply(std::vector<std::string>& tokens, Pattern::Scratch& scratch) const = 0;
};

using Decoders = std::vector<std::unique_ptr<const Decoder>>;

/// Errors: kInvalid: a regular expression that cannot be read.
Result<Decoders> make_decoders(const std::vector<DecoderSpec>& specs,
                               const UnicodeProfile& unicode);

/// "<0x0A>" → 10, -1 for any other spelling.
int byte_of_token(std::string_view spelling);
/// The bytes that a byte-level spelling stands for; a token that is none stands for itself.
std::string bytes_of_spelling(std::string_view spelling);

}  // namespace orch::tokenizer
