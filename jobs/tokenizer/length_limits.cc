#include "jobs/tokenizer/length_limits.h"

#include <algorithm>

namespace orch::tokenizer {

Result<void> truncate_tokens(const Truncation& limits, std::size_t added,
                             std::vector<EncodedToken>& tokens) {
  if (added > limits.length_max) return {};
  const std::size_t keep = limits.length_max - added;
  if (tokens.size() <= keep) return {};
  if (keep == 0) {
    tokens.clear();
    return {};
  }
  if (limits.second_only)
    return invalid("truncation: there is no second text that could be cut, but the first has " +
                   std::to_string(tokens.size()) + " tokens and " + std::to_string(keep) + " fit");
  if (limits.stride >= keep)
    return invalid("truncation: the stride of " + std::to_string(limits.stride) +
                   " is not less than the " + std::to_string(keep) + " tokens that fit");
  const auto surplus = static_cast<std::ptrdiff_t>(tokens.size() - keep);
  if (limits.left)
    tokens.erase(tokens.begin(), tokens.begin() + surplus);
  else
    tokens.erase(tokens.end() - surplus, tokens.end());
  return {};
}

void pad_tokens(const Padding& padding, std::vector<EncodedToken>& tokens) {
  std::size_t length = padding.fixed ? *padding.fixed : tokens.size();
  if (padding.multiple_of > 0)
    length = (length + padding.multiple_of - 1) / padding.multiple_of * padding.multiple_of;
  if (length <= tokens.size()) return;
  const auto where = padding.left ? tokens.begin() : tokens.end();
  tokens.insert(where, length - tokens.size(), EncodedToken{padding.id, {}});
}

}  // namespace orch::tokenizer
