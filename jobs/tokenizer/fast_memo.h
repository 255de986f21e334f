#pragma once
// Pieces seen before → their ids, in fixed memory: two ways a set, the older one leaves. Exact: the
// whole piece is the key. Thread: one.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class FastMemo {
 public:
  static constexpr std::size_t kShortBytesMax = 15, kShortIdsMax = 3;

  struct ShortKey {
    std::uint64_t low = 0, high = 0;
  };

  /// Has the memory there before it is used.
  void touch() {
    auto* const begin = static_cast<char*>(memory_.get());
    for (std::size_t at = 0; at < kMemoryBytes; at += kHugePageBytes) begin[at] = 0;
  }

  /// `size_bytes` ≤ kShortBytesMax. `readable`: how many bytes from `piece` on may be read.
  static ShortKey short_key(const char* piece, std::size_t size_bytes, std::size_t readable) {
    ShortKey key;
    if (readable >= 16) {
      std::memcpy(&key, piece, 16);
      key.low &= size_bytes >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << size_bytes * 8) - 1;
      key.high &= size_bytes <= 8 ? 0 : (std::uint64_t{1} << (size_bytes - 8) * 8) - 1;
    } else {
      std::memcpy(&key, piece, size_bytes);
    }
    key.high |= static_cast<std::uint64_t>(size_bytes) << 56;
    return key;
  }

  /// What is known of a short piece.
  struct Ids {
    std::uint32_t ids[kShortIdsMax];
    std::uint32_t count;
  };
  void fetch_short(const ShortKey& key) const { prefetch(&short_[short_hash(key) * 2]); }
  /// False: not known, and `found` is something else.
  bool find_short(const ShortKey& key, Ids& found) const {
    const ShortSlot* const set = &short_[short_hash(key) * 2];
    const bool second = (set[1].key.low == key.low) & (set[1].key.high == key.high);
    const bool first = (set[0].key.low == key.low) & (set[0].key.high == key.high);
    std::memcpy(&found, set[second].ids, sizeof found);
    return first | second;
  }
  void keep_short(const ShortKey& key, const std::uint32_t* ids, std::size_t count) {
    ShortSlot* set = &short_[short_hash(key) * 2];
    set[1] = set[0];
    set[0].key = key;
    std::copy(ids, ids + count, set[0].ids);
    set[0].ids[kShortIdsMax] = static_cast<std::uint32_t>(count);
  }

 private:
  static constexpr std::size_t kShortSets = std::size_t{1} << 15;

  // Plain memory: all zero is an empty slot.
  struct alignas(32) ShortSlot {
    ShortKey key;
    std::uint32_t ids[kShortIdsMax + 1];  ///< the last one: how many
  };

  static std::size_t short_hash(const ShortKey& key) {
    std::uint64_t h = (key.low ^ key.high * 0xD6E8FEB86659FD93ULL) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
    return (h * 0xD6E8FEB86659FD93ULL) >> (64 - 15);
  }

  std::shared_ptr<void> memory_ = zeroed_pages(kMemoryBytes);  ///< this object's alone
  ShortSlot* short_ = static_cast<ShortSlot*>(memory_.get());
  static constexpr std::size_t kMemoryBytes = kShortSets * 2 * sizeof(ShortSlot);
};

}  // namespace orch::tokenizer
