#pragma once
// Text ↔ token ids by a Hugging Face `tokenizer.json` (byte-level BPE). What the file asks for and
// this library does not know is an error that names it, never an approximation. Thread: all const
// members may be called from any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::tokenizer {

class Tokenizer {
 public:
  /// `path`: a tokenizer.json, or a folder that holds one (a tokenizer_config.json beside it names
  /// the end-of-text token).  Errors: kNotFound; kInvalid with file and the component that is not
  /// supported or wrong.
  static Result<std::unique_ptr<Tokenizer>> open(const std::string& path);
  /// `config_json` may be empty. `where` names the file in messages.
  static Result<std::unique_ptr<Tokenizer>> parse(std::string_view json,
                                                  std::string_view config_json,
                                                  const std::string& where);
  ~Tokenizer();

  /// Special tokens written in the text are always recognised. `special`: add what the
  /// post-processor adds (BOS, EOS). Invalid UTF-8 becomes U+FFFD, as callers of the original do.
  std::vector<std::int32_t> encode(std::string_view text, bool special) const;
  /// Appends to `ids` instead of allocating.
  void encode_into(std::string_view text, bool special, std::vector<std::int32_t>& ids) const;
  /// Unknown ids are skipped. The result is valid UTF-8 (incomplete characters become U+FFFD).
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;
  /// The bytes of one token, not necessarily whole characters; empty for an unknown id.
  std::string_view token_bytes(std::int32_t id) const;

  /// One more than the highest id.
  int vocabulary_size() const;
  /// Id of a token as it is spelled in the file ("Ġthe", "<|end_of_text|>").
  std::optional<std::int32_t> id_of(std::string_view token) const;
  bool is_special(std::int32_t id) const;
  /// Ends a document; -1 if the tokenizer has none.
  std::int32_t end_of_text() const;
  /// Content of the end-of-text token, "" if none.
  const std::string& end_of_text_token() const;
  /// The text of tokenizer.json and tokenizer_config.json (made if there was none), to be copied
  /// into checkpoints.
  const std::string& json() const;
  const std::string& config_json() const;

 private:
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Decodes a growing sequence without ever showing half a character. Thread: one. Lifetime: the
/// tokenizer outlives it.
class IncrementalDecoder {
 public:
  IncrementalDecoder(const Tokenizer& tokenizer, bool skip_special)
      : tokenizer_(tokenizer), skip_special_(skip_special) {}
  /// Text that became complete with this id (often the token's, "" in the middle of a character).
  std::string push(std::int32_t id);
  /// What is left: an incomplete character becomes U+FFFD.
  std::string finish();

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string pending_;
};

}  // namespace orch::tokenizer
