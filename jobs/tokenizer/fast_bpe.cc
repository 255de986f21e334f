#include "jobs/tokenizer/fast_bpe.h"

#include <emmintrin.h>

#include <bit>

#include "base/check.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kBorderSlots = std::size_t{1} << 14;

/// The child of a node that `byte` leads to; 0: none.
std::uint32_t child_of(const FastTables& t, const TrieNode& node, std::uint8_t byte) {
  const std::uint32_t n = node.children();
  if (n == 0) return 0;
  const std::uint8_t* labels = t.labels.data() + node.first;
  // Runs of neighbouring bytes are common: try the place where it then is.
  const std::uint32_t guess = static_cast<std::uint32_t>(byte) - labels[0];
  if (guess < n && labels[guess] == byte) return node.first + guess;
  const __m128i wanted = _mm_set1_epi8(static_cast<char>(byte));
  for (std::uint32_t i = 0; i < n; i += 16) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(labels + i));
    auto hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(some, wanted)));
    if (n - i < 16) hits &= (1U << (n - i)) - 1;
    if (hits != 0) return node.first + i + static_cast<std::uint32_t>(std::countr_zero(hits));
  }
  return 0;
}

}  // namespace

FastBpe::Longest FastBpe::longest(const char* text, std::size_t size_bytes) const {
  const FastTables& t = tables_;
  const auto* p = reinterpret_cast<const std::uint8_t*>(text);
  Longest found;
  std::uint32_t token = kNoToken;
  const auto visit = [&](std::uint32_t node) {
    token = t.nodes[node].token();
    if (token != kNoToken && t.makes[token].formed != kNeverFormed) found.reachable = token;
  };
  std::uint32_t node = t.pair_nodes[65536 + p[0]];
  if (node == 0) return found;
  visit(node);
  std::size_t at = 1;
  if (size_bytes > 1) {
    node = t.pair_nodes[static_cast<std::size_t>(p[0]) << 8 | p[1]];
    while (node != 0) {
      visit(node);
      if (++at == size_bytes) break;
      node = child_of(t, t.nodes[node], p[at]);
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
  bool dead_ends = false;
  std::size_t at = 0;
  std::uint32_t token = first;
  while (at < size_bytes) {
    const std::uint32_t last = work.tokens.empty() ? kNoToken : work.tokens.back();
    while (token != kNoToken) {
      const std::size_t end = at + tables_.makes[token].size_bytes;
      const bool dead =
          end > size_bytes || (dead_ends && (work.dead[end / 64] >> (end % 64) & 1) != 0);
      if (!dead && (last == kNoToken || side_by_side(last, token, work))) break;
      token = tables_.makes[token].shorter;
    }
    if (token != kNoToken) {
      work.tokens.push_back(token);
      at += tables_.makes[token].size_bytes;
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
    at -= tables_.makes[last].size_bytes;
    token = last;  // its end is dead now: the next shorter one is tried
  }
  return at;
}

}  // namespace orch::tokenizer
