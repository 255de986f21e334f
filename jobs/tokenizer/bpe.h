#pragma once
// The merging half of a byte-level BPE: one piece of text → ids. Immutable after it is made;
// thread: any.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace orch::tokenizer {

/// What a pair of ids becomes, and how early.
struct Merge {
  std::int32_t left = 0, right = 0, merged = 0;
};

class Bpe {
 public:
  /// `tokens`: id → bytes ("" for ids without a token). `merges` by rank. `byte_ids`: the id of
  /// each single byte.
  Bpe(std::vector<std::string> tokens, const std::vector<Merge>& merges,
      std::array<std::int32_t, 256> byte_ids, bool ignore_merges);

  void encode_piece(std::string_view piece, std::vector<std::int32_t>& ids) const;
  /// The bytes of a token; empty for an id that is none.
  std::string_view bytes(std::int32_t id) const;
  std::size_t size() const { return tokens_.size(); }

 private:
  struct Slot {
    std::uint64_t pair = kNoPair;
    std::uint32_t rank = 0;
    std::int32_t merged = 0;
  };
  static constexpr std::uint64_t kNoPair = ~std::uint64_t{0};
  const Slot* find(std::int32_t left, std::int32_t right) const;
  void merge_short(std::vector<std::int32_t>& ids, std::size_t begin) const;
  void merge_long(std::vector<std::int32_t>& ids, std::size_t begin) const;

  std::vector<std::string> tokens_;
  std::unordered_map<std::string_view, std::int32_t>
      whole_;  ///< only with ignore_merges; never iterated
  std::array<std::int32_t, 256> byte_ids_;
  std::vector<Slot> slots_;  ///< open addressing, a power of two
  bool ignore_merges_;
};

}  // namespace orch::tokenizer
