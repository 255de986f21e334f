#pragma once
// Encoding at speed for tokenizer files whose shape is known: byte-level BPE behind a published
// split pattern (GPT-2, Llama 3, Qwen, GPT-4o, …), and BPE over characters with "▁" for spaces and
// bytes for what is unknown (Llama 2, Mistral, Gemma, …). Gives the ids of the generic pipeline.
// Immutable but for working memory that is lent to one call at a time; thread: any.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/fast_tables.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

class FastEncoder {
 public:
  /// Null: the file has no shape that is known here.
  static std::unique_ptr<FastEncoder> make(const TokenizerFile& file);
  ~FastEncoder();

  /// Appends the ids of the text between two added tokens, before any normalization. `at_start`:
  /// nothing stands before it in the document. The text is valid UTF-8. Not for files with added
  /// tokens that are looked for in normalized text, unless normalizes() is false.
  void encode(std::string_view text, bool at_start, std::vector<std::int32_t>& ids) const;
  /// Makes the memory that the calling thread needs, so that its first text need not.
  void prepare_thread() const;
  /// The bytes of a token of a byte-level model; empty for one that no text meets, or of another
  /// model.
  std::string_view bytes_of(std::size_t id) const;
  /// True if the file has a normalizer.
  bool normalizes() const;

  void save(FlatWriter& out) const;
  /// Null: not what save() wrote.
  static std::unique_ptr<FastEncoder> load(FlatReader& in);

 private:
  struct State;
  explicit FastEncoder(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orch::tokenizer
