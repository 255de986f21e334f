#pragma once
// The tokens that start at one place of a text. Thread: any, once it is filled.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orch::tokenizer {

class PrefixTree {
 public:
  void add(std::string_view token, std::int32_t id) {
    std::uint32_t node = 0;
    for (const char c : token) {
      const auto [it, is_new] = children_.emplace(key(node, c), nodes_);
      if (is_new) {
        ++nodes_;
        ids_.push_back(-1);
      }
      node = it->second;
    }
    if (node != 0) ids_[node] = id;
  }

  /// `visit(bytes, id)` for each token that is a prefix of `text`, shortest first.
  template <typename Visit>
  void prefixes(std::string_view text, const Visit& visit) const {
    std::uint32_t node = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto it = children_.find(key(node, text[i]));
      if (it == children_.end()) return;
      node = it->second;
      if (ids_[node] >= 0) visit(i + 1, ids_[node]);
    }
  }

 private:
  static std::uint64_t key(std::uint32_t node, char c) {
    return static_cast<std::uint64_t>(node) << 8 | static_cast<unsigned char>(c);
  }
  std::unordered_map<std::uint64_t, std::uint32_t> children_;  ///< never iterated
  std::vector<std::int32_t> ids_ = {-1};
  std::uint32_t nodes_ = 1;
};

}  // namespace orch::tokenizer
