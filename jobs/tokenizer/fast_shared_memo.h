#pragma once
// What one thread has found out about a piece, for the others: asked when a thread's own memo does
// not know it, so that each piece is encoded once and not once a thread. Fixed memory, the newer
// one stays. Exact: the whole piece is the key, and a slot that changed while it was read is no
// answer. Thread: any.

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class SharedMemo {
 public:
  static constexpr std::size_t kPieceBytesMax = 32, kIdsMax = 7;
  /// find() writes this many ids, of which only as many are meant as it returns.
  static constexpr std::size_t kWriteSlack = 8;

  /// A piece of at most kPieceBytesMax bytes, and where it is kept.
  class Spot {
   private:
    friend SharedMemo;
    std::array<std::uint64_t, 4> key;
    std::size_t size_bytes, place;
  };
  /// Begins to fetch what is kept there: other work may hide the time that this takes.
  Spot spot(std::string_view piece) const {
    Spot at;
    at.key = key_of(piece);
    at.size_bytes = piece.size();
    at.place = place(at.key, piece.size());
    __builtin_prefetch(&slots_[at.place], 1);
    return at;
  }

  /// Writes the ids to `out` and returns how many; 0: not known.
  std::size_t find(const Spot& at, std::uint32_t* out) const {
    const Words& key = at.key;
    const Slot& slot = slots_[at.place];
    // A writer marks the last word first and last: what is read between two equal marks is whole.
    const std::uint64_t mark = slot[kMark].load(std::memory_order_acquire);
    if (size_of(mark) != at.size_bytes) return 0;
    for (std::size_t i = 0; i < key.size(); ++i)
      if (slot[i].load(std::memory_order_acquire) != key[i]) return 0;
    std::uint64_t ids[kWords - kKeyWords];
    for (std::size_t i = kKeyWords; i < kMark; ++i)
      ids[i - kKeyWords] = slot[i].load(std::memory_order_acquire);
    ids[kMark - kKeyWords] = mark;
    if (slot[kMark].load(std::memory_order_relaxed) != mark) return 0;
    std::memcpy(out, ids, sizeof ids);
    return count_of(mark);
  }

  /// 1 to kIdsMax ids.
  void keep(const Spot& at, const std::uint32_t* ids, std::size_t count) {
    const Words& key = at.key;
    Slot& slot = slots_[at.place];
    std::uint64_t mark = slot[kMark].load(std::memory_order_relaxed);
    // Somebody writes here, or so many have that marks would repeat.
    if (size_of(mark) == kWriting || version_of(mark) == kVersionMax) return;
    const std::uint64_t next = version_of(mark) + 1;
    if (!slot[kMark].compare_exchange_strong(mark, kWriting << kSizeShift,
                                             std::memory_order_acq_rel))
      return;
    std::uint32_t values[kWriteSlack] = {};
    std::memcpy(values, ids, count * sizeof *ids);
    Words words;
    std::memcpy(words.data(), values, sizeof values);
    for (std::size_t i = 0; i < key.size(); ++i) slot[i].store(key[i], std::memory_order_release);
    for (std::size_t i = kKeyWords; i < kMark; ++i)
      slot[i].store(words[i - kKeyWords], std::memory_order_release);
    slot[kMark].store(words[kMark - kKeyWords] | count << kCountShift |
                          std::uint64_t{at.size_bytes} << kSizeShift | next << kVersionShift,
                      std::memory_order_release);
  }

 private:
  // Of 64 bytes: the piece, the ids, and in the last word above the last id the mark: how many ids,
  // how many bytes, and how often the slot was written. All zero is an empty slot.
  static constexpr std::size_t kWords = 8, kKeyWords = 4, kMark = kWords - 1;
  static constexpr unsigned kCountShift = 32, kSizeShift = 40, kVersionShift = 48;
  static constexpr std::uint64_t kVersionMax = 0xFFFF, kWriting = 0xFF;
  static constexpr unsigned kSlotBits = 16;
  using Slot = std::array<std::atomic<std::uint64_t>, kWords>;
  using Words = std::array<std::uint64_t, kKeyWords>;
  static_assert(sizeof(Slot) == 64 && std::atomic<std::uint64_t>::is_always_lock_free);

  static std::uint64_t size_of(std::uint64_t mark) { return mark >> kSizeShift & 0xFF; }
  static std::uint64_t version_of(std::uint64_t mark) { return mark >> kVersionShift; }
  static std::size_t count_of(std::uint64_t mark) { return mark >> kCountShift & 0xFF; }

  static Words key_of(std::string_view piece) {
    Words key{};
    std::memcpy(key.data(), piece.data(), piece.size());
    return key;
  }
  static std::size_t place(const Words& key, std::size_t size_bytes) {
    std::uint64_t h = size_bytes;
    for (const std::uint64_t word : key) {
      h = (h ^ word) * 0x9E3779B97F4A7C15ULL;
      h ^= h >> 32;
    }
    return (h * 0xD6E8FEB86659FD93ULL) >> (64 - kSlotBits);
  }

  std::shared_ptr<void> memory_ = zeroed_pages(sizeof(Slot) << kSlotBits);  ///< this object's alone
  Slot* slots_ = static_cast<Slot*>(memory_.get());
};

}  // namespace orch::tokenizer
