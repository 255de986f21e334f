#pragma once
// The whole way of a text through the components of a tokenizer.json, in the original's order:
// added tokens, normalizers, added tokens that look normalized, pre-tokenizers, model,
// post-processors; and back through the decoders. Right for every composition; the fast encoder
// does the common ones quicker. Immutable; thread: any.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/added_tokens.h"
#include "jobs/tokenizer/decoder.h"
#include "jobs/tokenizer/model.h"
#include "jobs/tokenizer/normalizer.h"
#include "jobs/tokenizer/post_processor.h"
#include "jobs/tokenizer/pre_tokenize.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

class Pipeline {
 public:
  /// `limits`: the file's truncation and padding are applied.
  /// Errors: kInvalid: a pattern or charsmap that cannot be read, added tokens that cannot be told
  /// apart.  Lifetime: `file` outlives the pipeline and does not change.
  static Result<std::unique_ptr<const Pipeline>> make(const TokenizerFile& file,
                                                      const UnicodeProfile& unicode, bool limits);

  /// Appends. Offsets are bytes of `text`, which is valid UTF-8 of less than 4 GiB.
  /// Errors: kInvalid: something unknown in a vocabulary without an unknown token, a pattern that
  /// gave up, a text that is too long.
  Result<void> encode(std::string_view text, bool special, std::vector<EncodedToken>& out) const;

  /// Ids without a token are skipped.
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;

  /// Spelling of an id, an added token's in the form it is decoded from; null for an id that has no
  /// token.
  const std::string* spelling(std::int32_t id) const;
  std::int32_t id_of(std::string_view token) const;
  /// Left out when special tokens are to be skipped.
  bool is_special(std::int32_t id) const;
  /// One more than the highest id.
  std::int32_t vocabulary_size() const { return static_cast<std::int32_t>(spellings_.size()); }

 private:
  Pipeline(const TokenizerFile& file, const UnicodeProfile& unicode, bool limits)
      : file_(file),
        limits_(limits),
        index_(index_tokens(file)),
        raw_(unicode.patterns),
        normalized_(unicode.patterns) {}
  Result<void> prepare(const UnicodeProfile& unicode);
  Result<void> prepare_added();
  Result<void> tokenize_piece(const Pieces& pieces, const Pieces::Piece& piece,
                              std::vector<ModelToken>& made, std::vector<EncodedToken>& out) const;

  const TokenizerFile& file_;
  bool limits_;
  TokenIndex index_;  ///< of the model's vocabulary
  AddedTokens raw_, normalized_;
  Normalizers normalizers_;
  PreTokenizers pre_tokenizers_;
  std::unique_ptr<const Model> model_;
  std::optional<Decoders> decoders_;
  std::vector<std::optional<std::string>> spellings_;  ///< by id
  std::vector<bool> special_;                          ///< by id
  TokenIndex added_ids_;                               ///< of added contents
  bool trims_ = false;
};

}  // namespace orch::tokenizer
