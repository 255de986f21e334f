#include "jobs/tokenizer/fast_bpe.h"

#include <algorithm>

#include "base/check.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kBorderSlots = std::size_t{1} << 14;
// Pages that a long piece does not need are never touched, and none is copied on the way.
constexpr std::size_t kReservedTokensMax = std::size_t{1} << 24;

}  // namespace

FastBpe::Longest FastBpe::longest(const char* text, std::size_t size_bytes) const {
  const FastTables& t = tables_;
  const auto* p = reinterpret_cast<const std::uint8_t*>(text);
  Longest found;
  std::uint32_t token = kNoToken;
  const auto visit = [&](std::uint32_t node) {
    const TrieNode at = t.nodes[node];
    token = at.token();
    if (at.reachable()) found.reachable = token;
  };
  std::uint32_t node = t.pair_nodes[FastTables::place_of(text[0])];
  if (node == 0) return found;
  visit(node);
  std::size_t at = 1;
  if (size_bytes > 1) {
    node = t.pair_nodes[FastTables::place_of(text[0], text[1])];
    while (node != 0) {
      visit(node);
      if (++at == size_bytes) break;
      node = child_of(t.nodes.data(), t.nodes[node], p[at]);
    }
  }
  if (at == size_bytes && node != 0) found.whole = token;
  return found;
}

bool FastBpe::side_by_side(std::uint32_t left, std::uint32_t right, Work& work) const {
  const std::uint64_t hash = FastTables::pair_hash(left, right);
  std::uint64_t& slot = work.borders[hash >> 40 & (kBorderSlots - 1)];
  const std::uint64_t key = (static_cast<std::uint64_t>(left) << 24 | right) << 1;
  if ((slot | 1) == (key | 1)) return (slot & 1) != 0;
  const bool fits = tables_.side_by_side(left, right);
  slot = key | static_cast<std::uint64_t>(fits);
  return fits;
}

std::size_t FastBpe::encode(const char* piece, std::size_t size_bytes, std::uint32_t first,
                            Work& work) const {
  if (work.borders.empty()) work.borders.assign(kBorderSlots, ~std::uint64_t{0} << 1);
  work.tokens.clear();
  work.tokens.reserve(std::min(size_bytes, kReservedTokensMax));
  bool dead_ends = false;
  std::size_t at = 0;
  std::uint32_t token = first;
  while (at < size_bytes) {
    const std::uint32_t last = work.tokens.empty() ? kNoToken : work.tokens.back();
    while (token != kNoToken) {
      const std::size_t end = at + tables_.size_of(token);
      const bool dead =
          end > size_bytes || (dead_ends && (work.dead[end / 64] >> (end % 64) & 1) != 0);
      if (!dead && (last == kNoToken || side_by_side(last, token, work))) break;
      token = tables_.makes[token].shorter();
    }
    if (token != kNoToken) {
      work.tokens.push_back(token);
      at += tables_.size_of(token);
      if (at == size_bytes) break;
      token = longest(piece + at, size_bytes - at).reachable;
      if (token == kNoToken) break;  // unknown: nothing merges with it, so what stands stays
      continue;
    }
    ORCH_CHECK(last != kNoToken, "the first symbol of a piece is no token");
    if (!dead_ends) work.dead.assign(size_bytes / 64 + 1, 0);
    dead_ends = true;
    work.dead[at / 64] |= std::uint64_t{1} << (at % 64);
    work.tokens.pop_back();
    at -= tables_.size_of(last);
    token = last;  // its end is dead now: the next shorter one is tried
  }
  return at;
}

}  // namespace orch::tokenizer
