#pragma once
// SentencePiece's precompiled character map: a double-array trie from byte strings to their
// replacements, as Hugging Face's Precompiled normalizer reads it. Immutable; thread: any.
// Source: sentencepiece's normalizer.h (layout of the blob), darts-clone (units of the trie).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::tokenizer {

class Charsmap {
 public:
  /// Errors: kInvalid: the sizes in the blob do not fit it.
  static Result<Charsmap> parse(std::string_view blob);
  /// What `part` becomes: the replacement of the shortest entry that is a prefix of it. Nothing: no
  /// entry is. Lifetime: this object's.
  std::optional<std::string_view> find(std::string_view part) const;
  struct Entry {
    std::size_t bytes = 0;  ///< of its key; 0: no entry is a prefix of the text
    std::string_view replacement;
  };
  /// The longest entry that is a prefix of `text`.  Lifetime: this object's.
  Entry find_longest(std::string_view text) const;

 private:
  /// Visits the entries that are a prefix of `text`, the shortest first, until `visit` is false.
  template <typename Visit>
  void prefixes(std::string_view text, const Visit& visit) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;  ///< each ends with a zero byte
};

}  // namespace orch::tokenizer
