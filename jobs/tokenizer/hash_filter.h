#pragma once
// A set of hashes that may claim more than it has. Thread: any.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class HashFilter {
 public:
  using Words = std::vector<std::uint64_t, PageAllocator<std::uint64_t>>;

  HashFilter() = default;
  /// Over memory that outlives it, a power of two.
  explicit HashFilter(std::span<const std::uint64_t> words) : words_(words) {}

  /// False: it was not put in.
  bool may_have(std::uint64_t hash) const {
    return (words_[place(hash, words_.size())] >> (hash & 63) & 1) != 0;
  }
  /// Empty ones. Of `bits_per_hash` hashes that are not in it one is claimed to be.
  static Words words_for(std::size_t hashes, std::size_t bits_per_hash) {
    return Words(std::bit_ceil(std::max<std::size_t>(1, hashes * bits_per_hash / 64)));
  }
  static void put(std::uint64_t hash, Words& words) {
    words[place(hash, words.size())] |= std::uint64_t{1} << (hash & 63);
  }
  std::span<const std::uint64_t> words() const { return words_; }

 private:
  static std::size_t place(std::uint64_t hash, std::size_t size) { return hash >> 6 & (size - 1); }

  std::span<const std::uint64_t> words_;
};

}  // namespace orch::tokenizer
