#pragma once
// The flat tables of a fast byte-pair encoder: token bytes, a trie over them, how each token is
// made, and a hash of the merges that can ever happen. All are spans, over memory that
// FastTablesStorage owns or over a mapped cache file. Immutable; thread: any.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/bpe.h"
#include "jobs/tokenizer/flat_file.h"

namespace orch::tokenizer {

inline constexpr std::uint32_t kNoToken = 0xFFFFFF;
inline constexpr std::uint32_t kNeverFormed = 0xFFFFFFFF;

/// How a token comes about. A token is *reachable* if encoding its own bytes gives the token; then
/// the last merge that makes it is the same in any text.
struct TokenMake {
  std::uint32_t left = kNoToken, right = kNoToken;
  std::uint32_t formed = kNeverFormed;  ///< 0: a single symbol; else rank of the merge + 1
  std::uint32_t clock = 0;              ///< the highest `formed` of all merges in it
  std::uint32_t shorter = kNoToken;     ///< its longest proper prefix that is a reachable token
  std::uint32_t size_bytes = 0;
};

/// Children lie side by side, their bytes in ascending order.
struct TrieNode {
  std::uint32_t first = 0;  ///< index of the first child
  std::uint32_t token_and_children = kNoToken << 8;
  std::uint32_t token() const { return token_and_children >> 8; }
  std::uint32_t children() const { return token_and_children & 0xFF; }  ///< 256 only at the root
};

struct PairSlot {
  std::uint32_t left = kNoToken, right = kNoToken, formed = 0;
};

struct FastTables {
  std::span<const std::uint32_t> offsets;  ///< id → begin in `bytes`; one more than tokens
  std::span<const char> bytes;
  std::span<const TokenMake> makes;
  std::span<const TrieNode> nodes;       ///< 0: the root
  std::span<const std::uint8_t> labels;  ///< the byte that leads to each node
  /// First two bytes → node, then at 65,536 the first byte → node; 0: none.
  std::span<const std::uint32_t> pair_nodes;
  std::span<const PairSlot> pairs;           ///< open addressing, a power of two
  std::span<const std::uint64_t> pair_bits;  ///< a filter before `pairs`, a power of two

  std::string_view text(std::uint32_t id) const {
    return {bytes.data() + offsets[id], offsets[id + 1] - offsets[id]};
  }
  std::size_t size() const { return makes.size(); }

  static std::uint64_t pair_hash(std::uint32_t left, std::uint32_t right) {
    const std::uint64_t h =
        (static_cast<std::uint64_t>(left) << 32 | right) * 0x9E3779B97F4A7C15ULL;
    return h ^ h >> 29;
  }
  /// `formed` of the pair, kNeverFormed if the two never merge.
  std::uint32_t formed(std::uint32_t left, std::uint32_t right) const {
    const std::uint64_t h = pair_hash(left, right);
    if (!(pair_bits[h >> 6 & (pair_bits.size() - 1)] >> (h & 63) & 1)) return kNeverFormed;
    for (std::size_t i = h >> 20 & (pairs.size() - 1);; i = (i + 1) & (pairs.size() - 1)) {
      const PairSlot& slot = pairs[i];
      if (slot.left == left && slot.right == right) return slot.formed;
      if (slot.left == kNoToken) return kNeverFormed;
    }
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
  std::vector<std::uint32_t> offsets;
  std::vector<char> bytes;
  std::vector<TokenMake> makes;
  std::vector<TrieNode> nodes;
  std::vector<std::uint8_t> labels;
  std::vector<std::uint32_t> pair_nodes;
  std::vector<PairSlot> pairs;
  std::vector<std::uint64_t> pair_bits;

  FastTables view() const;
};

/// `tokens`: id → bytes ("": none). `symbols`: ids of what text is first cut into (bytes or
/// characters); no pair of `merges` occurs twice. Null if there are too many for the tables.
/// Source: that a sequence of reachable tokens is the encoding iff each two neighbours are that of
/// their own bytes: github.com/github/rust-gems, crates/bpe, stated there for ranks that are ids;
/// fast_tables.cc says how it is decided for ranks in any order.
std::unique_ptr<FastTablesStorage> make_fast_tables(const std::vector<std::string>& tokens,
                                                    const std::vector<Merge>& merges,
                                                    const std::vector<std::uint32_t>& symbols);

}  // namespace orch::tokenizer
