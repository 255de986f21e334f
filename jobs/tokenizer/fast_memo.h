#pragma once
// Pieces seen before → their ids, in fixed memory: two ways a set, the older one leaves. Exact: the
// whole piece is the key. Thread: one.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class FastMemo {
 public:
  static constexpr std::size_t kShortBytesMax = 15, kShortIdsMax = 3;
  static constexpr std::size_t kLongBytesMax = 32, kLongIdsMax = 7;
  /// find_short() writes this many ids, of which only `count` are meant.
  static constexpr std::size_t kWriteSlack = 8;

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

  /// Writes the ids to `out` and returns how many; 0: not known.
  std::size_t find_short(const ShortKey& key, std::uint32_t* out) const {
    const ShortSlot* set = &short_[short_hash(key) * 2];
    const ShortSlot* slot = set;
    if (slot->key.low != key.low || slot->key.high != key.high) {
      ++slot;
      if (slot->key.low != key.low || slot->key.high != key.high) return 0;
    }
    std::memcpy(out, slot->ids, sizeof slot->ids);
    return slot->ids[kShortIdsMax];
  }
  void keep_short(const ShortKey& key, const std::uint32_t* ids, std::size_t count) {
    ShortSlot* set = &short_[short_hash(key) * 2];
    set[1] = set[0];
    set[0].key = key;
    std::copy(ids, ids + count, set[0].ids);
    set[0].ids[kShortIdsMax] = static_cast<std::uint32_t>(count);
  }

  /// `size_bytes` ≤ kLongBytesMax.
  std::size_t find_long(const char* piece, std::size_t size_bytes, std::uint32_t* out) const {
    const LongKey key(piece, size_bytes);
    const LongSlot& slot = long_[key.hash()];
    if (slot.size_bytes != size_bytes || std::memcmp(slot.key, key.bytes, kLongBytesMax) != 0)
      return 0;
    std::memcpy(out, slot.ids, sizeof slot.ids);
    return slot.count;
  }
  void keep_long(const char* piece, std::size_t size_bytes, const std::uint32_t* ids,
                 std::size_t count) {
    const LongKey key(piece, size_bytes);
    LongSlot& slot = long_[key.hash()];
    std::memcpy(slot.key, key.bytes, kLongBytesMax);
    std::copy(ids, ids + count, slot.ids);
    slot.size_bytes = static_cast<std::uint16_t>(size_bytes);
    slot.count = static_cast<std::uint16_t>(count);
  }

 private:
  static constexpr std::size_t kShortSets = std::size_t{1} << 15;
  static constexpr std::size_t kLongSlots = std::size_t{1} << 14;

  // Plain memory: all zero is an empty slot.
  struct alignas(32) ShortSlot {
    ShortKey key;
    std::uint32_t ids[kShortIdsMax + 1];  ///< the last one: how many
  };
  struct alignas(64) LongSlot {
    char key[kLongBytesMax];
    std::uint32_t ids[kLongIdsMax];
    std::uint16_t size_bytes, count;
  };
  struct LongKey {
    LongKey(const char* piece, std::size_t size_bytes) {
      std::memcpy(bytes, piece, size_bytes);
      std::memset(bytes + size_bytes, 0, kLongBytesMax - size_bytes);
    }
    std::size_t hash() const {
      std::uint64_t h = 0;
      for (int i = 0; i < 4; ++i) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + 8 * i, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15ULL;
        h ^= h >> 32;
      }
      return h & (kLongSlots - 1);
    }
    char bytes[kLongBytesMax];
  };

  static std::size_t short_hash(const ShortKey& key) {
    std::uint64_t h = (key.low ^ key.high * 0xD6E8FEB86659FD93ULL) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
    return (h * 0xD6E8FEB86659FD93ULL) >> (64 - 15);
  }

  std::shared_ptr<void> memory_ = zeroed_pages(kMemoryBytes);  ///< this object's alone
  ShortSlot* short_ = static_cast<ShortSlot*>(memory_.get());
  LongSlot* long_ = reinterpret_cast<LongSlot*>(short_ + kShortSets * 2);
  static constexpr std::size_t kMemoryBytes =
      kShortSets * 2 * sizeof(ShortSlot) + kLongSlots * sizeof(LongSlot);
};

}  // namespace orch::tokenizer
