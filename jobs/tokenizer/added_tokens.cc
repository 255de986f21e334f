#include "jobs/tokenizer/added_tokens.h"

namespace orch::tokenizer {

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens) : nodes_(1) {
  for (const auto& token : tokens) {
    std::uint32_t at = 0;
    starts_[static_cast<unsigned char>(token.content[0])] = true;
    for (const char c : token.content) {
      const auto byte = static_cast<unsigned char>(c);
      std::uint32_t to = 0;
      for (const auto& [edge, node] : nodes_[at].next)
        if (edge == byte) to = node;
      if (to == 0) {
        to = static_cast<std::uint32_t>(nodes_.size());
        nodes_[at].next.emplace_back(byte, to);
        nodes_.emplace_back();
      }
      at = to;
    }
    nodes_[at].id = token.id;
  }
}

AddedTokens::Found AddedTokens::find(std::string_view text, std::size_t from) const {
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!starts_[static_cast<unsigned char>(text[begin])]) continue;
    Found found;
    std::uint32_t at = 0;
    for (std::size_t i = begin; i < text.size(); ++i) {
      std::uint32_t to = 0;
      for (const auto& [edge, node] : nodes_[at].next)
        if (edge == static_cast<unsigned char>(text[i])) to = node;
      if (to == 0) break;
      at = to;
      if (nodes_[at].id >= 0) found = {begin, i + 1, nodes_[at].id};
    }
    if (found.end > found.begin) return found;
  }
  return {text.size(), text.size(), 0};
}

}  // namespace orch::tokenizer
