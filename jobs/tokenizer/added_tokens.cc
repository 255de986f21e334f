#include "jobs/tokenizer/added_tokens.h"

#include <algorithm>

#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

/// Where the white space that ends at `end` begins.
std::size_t space_begin(std::string_view text, std::size_t end) {
  while (end > 0) {
    std::size_t begin = end - 1;
    while (begin > 0 && continues_character(text[begin])) --begin;
    if (!is_white_space(character_at(text, begin).code_point)) break;
    end = begin;
  }
  return end;
}

std::size_t space_end(std::string_view text, std::size_t begin) {
  while (begin < text.size()) {
    const Character c = character_at(text, begin);
    if (!is_white_space(c.code_point)) break;
    begin += c.size_bytes;
  }
  return begin;
}

}  // namespace

std::uint32_t AddedTokens::child(std::uint32_t node, unsigned char byte) const {
  if (node == 0) return roots_[byte];
  for (const auto& [edge, to] : nodes_[node].next)
    if (edge == byte) return to;
  return 0;
}

Result<void> AddedTokens::add(const AddedToken& token, std::string_view spelled) {
  if (spelled.empty())
    return invalid("added token '" + token.content + "' is empty once it is normalized");
  std::uint32_t at = 0;
  for (const char c : spelled) {
    const auto byte = static_cast<unsigned char>(c);
    std::uint32_t to = child(at, byte);
    if (to == 0) {
      to = static_cast<std::uint32_t>(nodes_.size());
      if (at == 0) {
        roots_[byte] = to;
        starts_.push_back(byte);
      } else {
        nodes_[at].next.emplace_back(byte, to);
      }
      nodes_.emplace_back();
    }
    at = to;
  }
  if (nodes_[at].token != kNoToken)
    return invalid("added token '" + token.content + "' is spelled like another one ('" +
                   std::string(spelled) + "')");
  nodes_[at].token = static_cast<std::uint32_t>(tokens_.size());
  if (token.single_word && !words_) words_.emplace(version_);
  tokens_.push_back({token.id, token.single_word, token.lstrip, token.rstrip});
  return {};
}

AddedTokens::Found AddedTokens::longest_at(std::string_view text, std::size_t begin) const {
  Found found;
  std::uint32_t at = 0;
  for (std::size_t i = begin; i < text.size(); ++i) {
    at = child(at, static_cast<unsigned char>(text[i]));
    if (at == 0) break;
    if (nodes_[at].token != kNoToken) found = {begin, i + 1, nodes_[at].token};
  }
  return found;
}

std::size_t AddedTokens::next_start(std::string_view text, std::size_t at) const {
  // Mostly all begin with the same byte, and then the C library is the quickest.
  if (starts_.size() == 1)
    return std::min(text.find(static_cast<char>(starts_[0]), at), text.size());
  while (at < text.size() && roots_[static_cast<unsigned char>(text[at])] == 0) ++at;
  return at;
}

AddedTokens::Found AddedTokens::find(std::string_view text, std::size_t from) const {
  for (std::size_t begin = next_start(text, from); begin < text.size();
       begin = next_start(text, begin + 1)) {
    const Found found = longest_at(text, begin);
    if (found.end > found.begin) return found;
  }
  return {text.size(), text.size(), 0};
}

void AddedTokens::cut(std::string_view text, std::vector<Pieces::Part>& parts) const {
  std::size_t done = 0;
  for (Found found = find(text, 0); found.begin < found.end; found = find(text, found.end)) {
    const Flags& flags = tokens_[found.token];
    std::size_t begin = found.begin, end = found.end;
    if (flags.single_word &&
        (words_->ends(text.substr(0, begin)) || words_->starts(text.substr(end))))
      continue;
    if (flags.lstrip) begin = std::max(space_begin(text, begin), done);
    if (flags.rstrip) end = space_end(text, end);
    if (done < begin) parts.push_back({done, begin, -1});
    parts.push_back({begin, end, flags.id});
    done = end;
  }
  if (done != text.size()) parts.push_back({done, text.size(), -1});
}

}  // namespace orch::tokenizer
