#pragma once
// The models of a tokenizer.json: one piece of normalized text → ids. Immutable; thread: any.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/token_index.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

/// A token and the bytes of the piece that it stands for.
struct ModelToken {
  std::int32_t id = 0;
  std::uint32_t begin = 0, end = 0;
  bool surface = false;  ///< known by the text it stands for, not by its spelling
};

class Model {
 public:
  virtual ~Model() = default;
  /// Appends the tokens of a piece that is not empty.
  /// Errors: kInvalid: something in the piece is unknown and the file has no token for that.
  virtual Result<void> tokenize(std::string_view piece, std::vector<ModelToken>& out) const = 0;
};

/// `index` is that of `file.tokens`. Lifetime: both outlive the model.
std::unique_ptr<const Model> make_model(const TokenizerFile& file, const TokenIndex& index);

/// Every spelling of the vocabulary; of one that occurs twice the last id.
TokenIndex index_tokens(const TokenizerFile& file);

/// "<0x0A>"
std::string byte_token(unsigned char byte);

std::unique_ptr<const Model> make_bpe(const spec::Bpe& spec, const TokenList& tokens,
                                      const TokenIndex& index);
std::unique_ptr<const Model> make_unigram(const spec::Unigram& spec, const TokenList& tokens,
                                          const TokenIndex& index);
std::unique_ptr<const Model> make_word_piece(const spec::WordPiece& spec, const TokenList& tokens,
                                             const TokenIndex& index);
std::unique_ptr<const Model> make_word_level(const spec::WordLevel& spec, const TokenIndex& index);

}  // namespace orch::tokenizer
