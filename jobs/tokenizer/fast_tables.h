#pragma once
// The flat tables of a fast byte-pair encoder: token bytes, a trie over them, how each token is
// made, and a hash of the merges that can ever happen. All are spans, over memory that
// FastTablesStorage owns or over a mapped cache file. Immutable; thread: any.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/flat_file.h"
#include "jobs/tokenizer/hash_filter.h"
#include "jobs/tokenizer/merge.h"
#include "jobs/tokenizer/token_texts.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

inline constexpr std::uint32_t kNoToken = 0xFFFFFF;
inline constexpr std::uint32_t kNeverFormed = 0xFFFFFF;

/// How a token comes about. A token is *reachable* if encoding its own bytes gives the token; then
/// the last merge that makes it is the same in any text.
/// Five numbers of 24 bits, one of six and two flags, in 16 bytes: four share a cache line.
class TokenMake {
 public:
  std::uint32_t left() const { return words_[0] & kLow; }
  std::uint32_t right() const { return words_[1] & kLow; }
  /// 0: a single symbol; else rank of the merge + 1.
  std::uint32_t formed() const { return words_[2] & kLow; }
  /// The highest `formed` of all merges in it.
  std::uint32_t clock() const { return words_[3] & kLow; }
  /// Its longest proper prefix that is a reachable token.
  std::uint32_t shorter() const {
    return words_[0] >> 24 | words_[1] >> 24 << 8 | words_[2] >> 24 << 16;
  }
  /// kSizeMax: that or more.
  std::uint32_t size_bytes() const { return words_[3] >> 24 & kSizeMax; }
  static constexpr std::uint32_t kSizeMax = 63;
  /// Up to when its right part, at the left of a border, could have merged across it, and its left
  /// part, at the right of one: fast_tables.cc says why.
  std::uint32_t right_part_until() const { return words_[3] >> 30 & 1 ? formed() : clock(); }
  std::uint32_t left_part_until() const { return words_[3] >> 31 ? formed() : clock(); }

  void set_symbol() { set({kNoToken, kNoToken, 0, 0}); }
  /// Made by the merge of that rank + 1, of tokens that are made `l` and `r`.
  void set_made(std::uint32_t left, std::uint32_t right, std::uint32_t formed, const TokenMake& l,
                const TokenMake& r) {
    const std::uint32_t clock = std::max({formed, l.clock(), r.clock()});
    set({left, right, formed, clock});
    // Blocks of equal clocks run from left to right: the last is in the right part if any is.
    const bool right_last = r.clock() == clock;
    const bool left_last = l.clock() == clock && r.clock() < clock;
    words_[3] = (words_[3] & ~kFlags) | static_cast<std::uint32_t>(right_last) << 30 |
                static_cast<std::uint32_t>(left_last) << 31;
  }
  void set_shorter(std::uint32_t token) {
    for (int i = 0; i < 3; ++i) words_[i] = (words_[i] & kLow) | token >> (8 * i) << 24;
  }
  void set_size(std::size_t size_bytes) {
    const auto size = static_cast<std::uint32_t>(size_bytes < kSizeMax ? size_bytes : kSizeMax);
    words_[3] = (words_[3] & (kLow | kFlags)) | size << 24;
  }

 private:
  void set(const std::array<std::uint32_t, 4>& values) {
    for (std::size_t i = 0; i < 4; ++i) words_[i] = (words_[i] & ~kLow) | values[i];
  }
  static constexpr std::uint32_t kLow = 0xFFFFFF, kFlags = 0xC0000000;
  std::uint32_t words_[4] = {~0U, ~0U, ~0U, 0};
};

/// Children lie side by side, their bytes in ascending order. All that a step needs is in one
/// place: the child's byte, its token and where its own children are.
class TrieNode {
 public:
  static constexpr std::uint32_t kNodesMax = 1U << 23;
  std::uint32_t first() const { return place_ >> 9; }        ///< index of the first child
  std::uint32_t children() const { return place_ & 0xFF; }   ///< 256 only at the root
  bool reachable() const { return (place_ >> 8 & 1) != 0; }  ///< its token is
  std::uint32_t token() const { return token_ & 0xFFFFFF; }
  std::uint8_t byte() const { return static_cast<std::uint8_t>(token_ >> 24); }  ///< leads here

  TrieNode() = default;
  explicit TrieNode(std::uint8_t byte)
      : token_(static_cast<std::uint32_t>(byte) << 24 | kNoToken) {}
  void set_token(std::uint32_t token, bool reachable) {
    token_ = (token_ & 0xFF000000) | token;
    place_ |= static_cast<std::uint32_t>(reachable) << 8;
  }
  void set_children(std::uint32_t first, std::uint32_t count) {
    place_ = (place_ & 0x100) | first << 9 | (count & 0xFF);
  }

 private:
  std::uint32_t place_ = 0, token_ = kNoToken;
};

/// The child of a node that `byte` leads to; 0: none.
inline std::uint32_t child_of(const TrieNode* nodes, TrieNode node, std::uint8_t byte) {
  const std::uint32_t n = node.children();
  if (n == 0) return 0;
  const TrieNode* const first = nodes + node.first();
  if (first->byte() > byte) return 0;
  // Bytes ascend, so none stands further up than it would in a run without gaps.
  const TrieNode* at = first + std::min<std::uint32_t>(byte - first->byte(), n - 1);
  while (at->byte() > byte) --at;
  return at->byte() == byte ? static_cast<std::uint32_t>(at - nodes) : 0;
}

struct PairSlot {
  std::uint32_t left = kNoToken, right = kNoToken, formed = 0;
};

struct FastTables {
  std::span<const std::uint32_t> offsets;  ///< id → begin in `bytes`; one more than tokens
  std::span<const char> bytes;
  std::span<const TokenMake> makes;
  std::span<const TrieNode> nodes;  ///< 0: the root
  /// First two bytes → node, then at 65,536 the first byte → node; 0: none.
  std::span<const std::uint32_t> pair_nodes;
  std::span<const PairSlot> pairs;  ///< open addressing, a power of two
  HashFilter pair_filter;           ///< before `pairs`

  std::string_view text(std::uint32_t id) const {
    return {bytes.data() + offsets[id], offsets[id + 1] - offsets[id]};
  }
  std::size_t size() const { return makes.size(); }
  std::size_t size_of(std::uint32_t id) const {
    const std::uint32_t size = makes[id].size_bytes();
    return size < TokenMake::kSizeMax ? size : offsets[id + 1] - offsets[id];
  }

  static std::uint64_t pair_hash(std::uint32_t left, std::uint32_t right) {
    const std::uint64_t h =
        (static_cast<std::uint64_t>(left) << 32 | right) * 0x9E3779B97F4A7C15ULL;
    return h ^ h >> 29;
  }
  /// `formed` of the pair, kNeverFormed if the two never merge.
  std::uint32_t formed(std::uint32_t left, std::uint32_t right) const {
    const std::uint64_t h = pair_hash(left, right);
    if (!pair_filter.may_have(h)) return kNeverFormed;
    for (std::size_t i = h >> 20 & (pairs.size() - 1);; i = (i + 1) & (pairs.size() - 1)) {
      const PairSlot& slot = pairs[i];
      if (slot.left == left && slot.right == right) return slot.formed;
      if (slot.left == kNoToken) return kNeverFormed;
    }
  }
  /// Where in `pair_nodes` the node stands that a byte leads to, or two.
  static std::size_t place_of(char a) { return 65536 + static_cast<std::uint8_t>(a); }
  static std::size_t place_of(char a, char b) {
    return std::size_t{static_cast<std::uint8_t>(a)} << 8 | static_cast<std::uint8_t>(b);
  }
  /// What a text begins with when it is cut into symbols; kNoToken: none that is known.
  struct Symbol {
    std::uint32_t token = kNoToken;
    std::size_t size_bytes = 0;
  };
  Symbol first_symbol(const char* text, std::size_t size_bytes) const {
    std::uint32_t node = pair_nodes[place_of(text[0])];
    for (std::size_t at = 1; node != 0; ++at) {
      // All reachable tokens are made of symbols, so the shortest is one.
      if (nodes[node].reachable()) return {nodes[node].token(), at};
      if (at == size_bytes) break;
      node = child_of(nodes.data(), nodes[node], static_cast<std::uint8_t>(text[at]));
    }
    return {};
  }
  void save(FlatWriter& out) const;
  /// Tables over the file's own memory; nothing if they are not such as were saved.
  static std::optional<FastTables> load(FlatReader& in);

  /// True if encoding the bytes of both gives both: no merge crosses the border. `below_top`: not
  /// counting the merge of the two whole tokens.
  bool side_by_side(std::uint32_t left, std::uint32_t right, bool below_top = false) const;

 private:
  bool consistent() const;
};

/// What builds the tables and owns them.
struct FastTablesStorage {
  template <typename T>
  using Array = std::vector<T, PageAllocator<T>>;
  TokenTexts tokens;
  Array<TokenMake> makes;
  Array<TrieNode> nodes;
  Array<std::uint32_t> pair_nodes;
  Array<PairSlot> pairs;
  HashFilter::Words pair_filter;

  FastTables view() const;
};

/// `tokens`: id → bytes ("": none). `symbols`: ids of what text is first cut into (bytes or
/// characters); no pair of `merges` occurs twice. Null if there are too many for the tables.
/// Source: that a sequence of reachable tokens is the encoding iff each two neighbours are that of
/// their own bytes: github.com/github/rust-gems, crates/bpe, stated there for ranks that are ids;
/// fast_tables.cc says how it is decided for ranks in any order.
std::unique_ptr<FastTablesStorage> make_fast_tables(TokenTexts tokens,
                                                    std::span<const Merge> merges,
                                                    const std::vector<std::uint32_t>& symbols);

}  // namespace orch::tokenizer
