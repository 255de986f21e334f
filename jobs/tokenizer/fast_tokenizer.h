#pragma once
// The quick half of a tokenizer: everything between text and ids, both ways, for files of a known
// shape. Offsets, pairs of texts and all other files are the Pipeline's. Can be kept in a file and
// mapped again, so that a program has its first id before a tokenizer.json could be parsed.
// Immutable; thread: any.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/flat_file.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class FastTokenizer {
 public:
  /// Null: the file has no shape that is known here.
  static std::unique_ptr<const FastTokenizer> make(const TokenizerFile& file,
                                                   const UnicodeProfile& unicode);
  ~FastTokenizer();

  /// Appends the ids of one document, which is valid UTF-8. `special`: with what the post-processor
  /// adds.
  void encode(std::string_view text, bool special, std::vector<std::int32_t>& ids) const;
  /// Makes the memory that the calling thread needs, so that its first text need not.
  void prepare_thread() const;
  /// False: not decoded here. `text` is then as it was, else it has the decoded text appended.
  bool decode(std::span<const std::int32_t> ids, bool skip_special, std::string& text) const;

  /// True if decode() and bytes_of() are for this file.
  bool decodes() const;
  /// The bytes that an id stands for; empty for an id without a token.
  std::string_view bytes_of(std::int32_t id) const;
  /// True if text is the bytes of its tokens, one after the other.
  bool decodes_by_bytes() const;
  bool is_special(std::int32_t id) const;
  /// One more than the highest id.
  std::int32_t vocabulary_size() const;
  const std::vector<AddedToken>& added() const;

  /// Errors: as write_file_atomic.
  Result<void> save(const std::string& path, const ContentDigest& source) const;
  /// Null: there is no such file, or it is damaged. `source`: what it was made from.
  static std::unique_ptr<const FastTokenizer> load(const std::string& path, ContentDigest& source);

 private:
  struct State;
  explicit FastTokenizer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orch::tokenizer
