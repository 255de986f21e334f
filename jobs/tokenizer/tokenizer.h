#pragma once
// Text ↔ token ids by a Hugging Face `tokenizer.json` or a SentencePiece `.model`. What the file
// asks for and this library does not know is an error that names it, never an approximation.
// Thread: all const members may be called from any thread.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

struct TokenizerOptions {
  UnicodeProfile unicode = {};  ///< the defaults are those of the original
  bool fast = true;             ///< false: always the generic pipeline; for tests
  /// Write tokenizer.json.orch-cache beside the file, if there is none that fits and the folder is
  /// no artifact, when the tokenizer ends: the next start needs milliseconds. One that is there is
  /// used in any case.
  bool keep_fast = false;
  /// Cut and fill up each text as the file's sections `truncation` and `padding` ask, as the
  /// original's own encode does. Off, as training and evaluation need it: texts stay whole.
  bool limits = false;
};

/// Bytes of the input.
struct ByteRange {
  std::size_t begin = 0, end = 0;
  bool operator==(const ByteRange&) const = default;
};

struct Encoding {
  std::vector<std::int32_t> ids;
  /// For each id what it stands for in the input, invalid bytes and all; empty at 0 for what the
  /// post-processor added.
  std::vector<ByteRange> offsets;
  std::size_t repaired = 0;  ///< how many invalid parts became U+FFFD
};

class Tokenizer {
 public:
  /// `path`: a tokenizer.json, a SentencePiece model, or a folder that holds one of them (a
  /// tokenizer_config.json beside it names the end-of-text token).  Errors: kNotFound; kInvalid
  /// with file and the component that is not supported or wrong.
  static Result<std::unique_ptr<Tokenizer>> open(const std::string& path,
                                                 const TokenizerOptions& options = {});
  /// `config_json` may be empty. `where` names the file in messages.
  static Result<std::unique_ptr<Tokenizer>> parse(std::string_view json,
                                                  std::string_view config_json,
                                                  const std::string& where,
                                                  const TokenizerOptions& options = {});
  ~Tokenizer();

  /// Special tokens written in the text are always recognised. `special`: add what the
  /// post-processor adds (BOS, EOS). Invalid UTF-8 becomes U+FFFD, as callers of the original do.
  /// A text that the file cannot encode gives no ids, and failure() says why.
  std::vector<std::int32_t> encode(std::string_view text, bool special) const;
  /// Appends to `ids` instead of allocating.
  void encode_into(std::string_view text, bool special, std::vector<std::int32_t>& ids) const;
  /// Makes the memory that the calling thread needs, so that its first text need not.
  void prepare_thread() const;
  /// Errors: kInvalid: the text holds something that is unknown and the file has no token for
  /// that, or a pattern gave up on it.
  Result<Encoding> encode_with_offsets(std::string_view text, bool special) const;
  /// The first text that encode() could not do.
  Result<void> failure() const;

  /// Unknown ids are skipped. The result is valid UTF-8 (incomplete characters become U+FFFD).
  std::string decode(std::span<const std::int32_t> ids, bool skip_special) const;
  /// The bytes of one token, not necessarily whole characters; empty for an unknown id.
  std::string_view token_bytes(std::int32_t id) const;
  /// True if the bytes of tokens, one after the other, are the decoded text.
  bool decodes_by_bytes() const;

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
  /// What a person should know about the file.
  const std::vector<std::string>& notes() const;
  /// The versions of Unicode it works by, for manifests.
  const UnicodeProfile& unicode() const;

 private:
  struct Kept;
  struct State;
  explicit Tokenizer(std::unique_ptr<State> state);
  /// `kept`: the file that holds the fast half, null for none.
  static Result<std::unique_ptr<Tokenizer>> make(std::string json, std::string config,
                                                 const std::string& where,
                                                 const TokenizerOptions& options, Kept* kept);
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
  std::string push_bytes(std::int32_t id);
  std::string push_text(std::int32_t id);
  std::string advance(const std::string& text);

  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string pending_;  ///< bytes that may become a character
  // Where decoders look at more than one token: a few ids that were shown, then those that were
  // not yet, and the text of the former.
  std::vector<std::int32_t> ids_;
  std::size_t shown_ids_ = 0;
  std::size_t broken_ids_ = 0;  ///< ids in a row after which the text ended in half a character
  std::string shown_;
};

}  // namespace orch::tokenizer
