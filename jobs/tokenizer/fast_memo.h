#pragma once
// Short pieces seen before → their ids, if few, in fixed memory: two ways a set, the older one
// leaves. Exact: the whole piece is the key. Thread: one.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class FastMemo {
 public:
  static constexpr std::size_t kBytesMax = 15, kIdsMax = 3;

  struct Key {
    std::uint64_t low = 0, high = 0;
  };

  /// Has the memory there before it is used.
  void touch() {
    auto* const begin = static_cast<char*>(memory_.get());
    for (std::size_t at = 0; at < kMemoryBytes; at += kHugePageBytes) begin[at] = 0;
  }

  /// `size_bytes` ≤ kBytesMax. `readable`: how many bytes from `piece` on may be read.
  static Key key_of(const char* piece, std::size_t size_bytes, std::size_t readable) {
    Key key;
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

  /// What is known of a piece.
  struct Ids {
    std::uint32_t ids[kIdsMax];
    std::uint32_t count;
  };
  void fetch(const Key& key) const { prefetch(&slots_[hash(key) * 2]); }
  /// False: not known, and `found` is something else.
  bool find(const Key& key, Ids& found) const {
    const Slot* const set = &slots_[hash(key) * 2];
    const bool second = (set[1].key.low == key.low) & (set[1].key.high == key.high);
    const bool first = (set[0].key.low == key.low) & (set[0].key.high == key.high);
    found = set[second].known;
    return first | second;
  }
  /// At most kIdsMax ids.
  void keep(const Key& key, std::span<const std::uint32_t> ids) {
    Slot* const set = &slots_[hash(key) * 2];
    set[1] = set[0];
    set[0].key = key;
    std::copy(ids.begin(), ids.end(), set[0].known.ids);
    set[0].known.count = static_cast<std::uint32_t>(ids.size());
  }

 private:
  static constexpr int kSetBits = 15;
  static constexpr std::size_t kSets = std::size_t{1} << kSetBits;

  // Plain memory: all zero is an empty slot.
  struct alignas(32) Slot {
    Key key;
    Ids known;
  };

  static std::size_t hash(const Key& key) {
    std::uint64_t h = (key.low ^ key.high * 0xD6E8FEB86659FD93ULL) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
    return (h * 0xD6E8FEB86659FD93ULL) >> (64 - kSetBits);
  }

  std::shared_ptr<void> memory_ = zeroed_pages(kMemoryBytes);  ///< this object's alone
  Slot* slots_ = static_cast<Slot*>(memory_.get());
  static constexpr std::size_t kMemoryBytes = kSets * 2 * sizeof(Slot);
};

}  // namespace orch::tokenizer
