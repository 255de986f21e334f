#pragma once
// Finds added tokens in text: leftmost, longest, before anything else is cut; then what their flags
// say about white space and words. Immutable; thread: any.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/tokenizer_file.h"
#include "jobs/tokenizer/word_characters.h"

namespace orch::tokenizer {

class AddedTokens {
 public:
  explicit AddedTokens(UnicodeVersion version) : version_(version), nodes_(1) {}
  /// `spelled`: what to look for, the content or its normalized form.
  /// Errors: kInvalid: it is empty, or that of another token.
  Result<void> add(const AddedToken& token, std::string_view spelled);
  bool empty() const { return nodes_.size() == 1; }

  /// The whole text as parts, those that are an added token with its id. Parts may overlap where
  /// one token takes the white space that another begins with.
  void cut(std::string_view text, std::vector<Pieces::Part>& parts) const;

  struct Found {
    std::size_t begin = 0, end = 0;  ///< begin == end: none
    std::uint32_t token = 0;
  };
  /// The first token at or after `from`, without regard to flags.
  Found find(std::string_view text, std::size_t from) const;

 private:
  struct Flags {
    std::int32_t id = 0;
    bool single_word = false, lstrip = false, rstrip = false;
  };
  static constexpr std::uint32_t kNoToken = ~std::uint32_t{0};
  struct Node {
    std::uint32_t token = kNoToken;
    std::vector<std::pair<unsigned char, std::uint32_t>> next;
  };
  std::uint32_t child(std::uint32_t node, unsigned char byte) const;
  Found longest_at(std::string_view text, std::size_t begin) const;
  /// The next place from `at` on at which a token may begin; the text's end: none.
  std::size_t next_start(std::string_view text, std::size_t at) const;

  UnicodeVersion version_;
  std::optional<WordCharacters> words_;  ///< when a token needs them
  std::vector<Node> nodes_;
  std::vector<Flags> tokens_;
  std::uint32_t roots_[256] = {};      ///< first step; 0: no token starts so
  std::vector<unsigned char> starts_;  ///< the bytes that have one
};

}  // namespace orch::tokenizer
