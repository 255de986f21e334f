#pragma once
// Spelling → id, by open addressing over the spellings themselves: a vocabulary of 250,000 entries
// is indexed in milliseconds. Lifetime: the spellings outlive the index and do not move. Thread:
// const members from any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class TokenIndex {
 public:
  explicit TokenIndex(std::size_t expected = 0);
  /// False, and nothing changes, if the spelling is already there.
  bool insert(std::string_view token, std::int32_t id) { return insert(token, id, hash(token)); }
  bool insert(std::string_view token, std::int32_t id, std::uint64_t hash);
  /// Overwrites.
  void assign(std::string_view token, std::int32_t id);
  /// -1: not there.
  std::int32_t find(std::string_view token) const { return find(token, hash(token)); }
  std::int32_t find(std::string_view token, std::uint64_t hash) const;
  /// For many at once: their hashes, then prefetch(), then find() or insert().
  static std::uint64_t hash(std::string_view token);
  void prefetch(std::uint64_t hash) const {
    tokenizer::prefetch(&slots_[hash & (slots_.size() - 1)]);
  }
  std::size_t size() const { return size_; }

 private:
  struct Slot {
    const char* text = nullptr;
    std::uint32_t size_bytes = 0;
    std::int32_t id = -1;
    std::uint64_t hash = 0;
  };
  /// The slot of the spelling, or the free one where it would go.
  std::size_t slot_of(std::string_view token, std::uint64_t hash) const;
  void grow();

  std::vector<Slot, PageAllocator<Slot>> slots_;  ///< a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace orch::tokenizer
