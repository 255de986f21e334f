#pragma once
// Byte-pair encoding of many short pieces: those that may be a token are looked for in the trie,
// the others are merged as it is defined. A single piece waits for memory at each step, so several
// take turns: what one needs next is fetched while the others go on. Gives what FastBpe gives.
// Thread: one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "jobs/tokenizer/fast_model.h"

namespace orch::tokenizer {

class FastBpeGroup {
 public:
  static constexpr std::size_t kPiecesMax = 512;
  static constexpr std::size_t kPieceBytesMax = 32;

  void clear() { size_ = ids_size_ = 0; }
  /// Adds a piece of 1 to kPieceBytesMax bytes, which stay where they are until run() returns;
  /// there are fewer than kPiecesMax. `may_be_token`: false if it is known not to be one.
  void add(std::string_view piece, bool may_be_token) {
    pieces_[size_++] = {piece, 0, 0, may_be_token};
  }
  void run(const FastModel& model);
  /// After run(): the ids of the piece that was added as number `i`.
  std::span<const std::uint32_t> ids(std::size_t i) const {
    return {ids_.data() + pieces_[i].begin, pieces_[i].count};
  }

 private:
  class Merging;
  struct Piece {
    std::string_view text;
    std::uint32_t begin, count;  ///< of its ids; 0: not encoded
    bool may_be_token;
  };
  struct Walk {
    std::uint32_t piece, node, at;  ///< the bytes before `at` lead to the node
  };

  void find_whole(const FastModel& model);
  void merge(const FastModel& model);

  std::array<Piece, kPiecesMax> pieces_;
  std::size_t size_ = 0;
  std::array<Walk, kPiecesMax> walks_;
  std::array<std::uint32_t, kPiecesMax * kPieceBytesMax> ids_;
  std::size_t ids_size_ = 0;
};

}  // namespace orch::tokenizer
