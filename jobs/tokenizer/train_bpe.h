#pragma once
// Trains a byte-level BPE and writes a tokenizer.json that Hugging Face `tokenizers` loads. Same
// corpus and settings give the same merges as its BpeTrainer (ties: the pair with the smaller ids
// first). One thread calls; words are counted by several.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::tokenizer {

struct TrainOptions {
  int vocabulary = 2048;                    ///< with special tokens and the 256 bytes
  int min_frequency = 2;                    ///< a pair seen less often is not merged
  std::vector<std::string> special_tokens;  ///< ids 0, 1, …; the first ends a document
  /// Characters (as byte-level vocabularies spell bytes) that are tokens even if the corpus has
  /// none; not given: all 256.
  std::optional<std::string> initial_alphabet = {};
  /// At most so many characters: the initial ones, then the most frequent, of equal ones those with
  /// the smaller code points. Bytes without one are dropped from the words.
  std::optional<int> limit_alphabet = {};
  int threads = 2;  ///< that count words
  /// Hears what is done ("words": bytes read; "merges": tokens) now and then.
  std::function<void(std::string_view stage, std::uint64_t done)> progress = {};
};

/// Counts the words of documents, then learns merges.
class BpeTrainer {
 public:
  explicit BpeTrainer(TrainOptions options);
  ~BpeTrainer();
  void add(std::string_view document);
  /// Errors: kInvalid: a vocabulary smaller than special tokens and alphabet, empty or repeated
  /// special tokens, an alphabet with other characters than bytes have.
  Result<std::string> train();
  /// tokenizer_config.json that goes with it.
  std::string config_json() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes tokenizer.json and tokenizer_config.json into the folder, each by rename.
Result<void> write_tokenizer(const std::string& directory, std::string_view json,
                             std::string_view config_json);

}  // namespace orch::tokenizer
