#pragma once
// Finds added tokens in text: leftmost, longest, before anything else is cut. Immutable; thread:
// any.

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

class AddedTokens {
 public:
  explicit AddedTokens(const std::vector<AddedToken>& tokens);
  bool empty() const { return nodes_.size() == 1; }

  struct Found {
    std::size_t begin = 0, end = 0;  ///< begin == end: none
    std::int32_t id = 0;
  };
  /// The first token at or after `from`.
  Found find(std::string_view text, std::size_t from) const;

 private:
  struct Node {
    std::int32_t id = -1;
    std::vector<std::pair<unsigned char, std::uint32_t>> next;
  };
  std::vector<Node> nodes_;
  bool starts_[256] = {};
};

}  // namespace orch::tokenizer
