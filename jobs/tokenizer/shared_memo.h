#pragma once
// Pieces that some thread has encoded → their ids, in fixed memory, for all threads. The whole
// piece is the key, so what is found is right; what two threads keep in one place at the same time
// is lost for one of them. Thread: any.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class SharedMemo {
 public:
  static constexpr std::size_t kPieceBytesMax = 32, kIdsMax = 6;

  class Key {
   public:
    /// 1 to kPieceBytesMax bytes.
    explicit Key(std::string_view piece) : size_bytes_(piece.size()) {
      std::memcpy(words_.data(), piece.data(), piece.size());
      for (const std::uint64_t word : words_) {
        hash_ = (hash_ ^ word) * 0x9E3779B97F4A7C15ULL;
        hash_ ^= hash_ >> 32;
      }
    }
    Key() = default;
    std::uint64_t hash() const { return hash_; }

   private:
    friend class SharedMemo;
    std::array<std::uint64_t, 4> words_{};
    std::uint64_t hash_ = 0;
    std::size_t size_bytes_ = 0;
  };

  /// Has the memory there before it is used.
  void touch() { std::memset(static_cast<void*>(slots_), 0, 1); }
  void fetch(const Key& key) const { prefetch(&slot_of(key)); }
  /// Writes kIdsMax ids to `out`, of which as many are meant as it returns; 0: not known.
  std::size_t find(const Key& key, std::uint32_t* out) const {
    Slot& slot = slot_of(key);
    const std::uint64_t state = atomic(slot.state).load(std::memory_order_acquire);
    if (size_of(state) != key.size_bytes_) return 0;
    for (std::size_t i = 0; i < key.words_.size(); ++i)
      if (atomic(slot.key[i]).load(std::memory_order_acquire) != key.words_[i]) return 0;
    for (std::size_t i = 0; i < kIdsMax / 2; ++i) {
      const std::uint64_t two = atomic(slot.ids[i]).load(std::memory_order_acquire);
      std::memcpy(out + 2 * i, &two, sizeof two);
    }
    // Whoever writes changes the state before and behind it.
    return atomic(slot.state).load(std::memory_order_relaxed) == state ? count_of(state) : 0;
  }
  /// 1 to kIdsMax ids.
  void keep(const Key& key, std::span<const std::uint32_t> ids) {
    Slot& slot = slot_of(key);
    std::uint64_t state = atomic(slot.state).load(std::memory_order_relaxed);
    const std::uint64_t version = (state >> kVersionShift) + 1;
    if (state & kBusy || !atomic(slot.state)
                              .compare_exchange_strong(state, version << kVersionShift | kBusy,
                                                       std::memory_order_acq_rel))
      return;
    for (std::size_t i = 0; i < key.words_.size(); ++i)
      atomic(slot.key[i]).store(key.words_[i], std::memory_order_release);
    std::array<std::uint32_t, kIdsMax> padded{};
    std::copy(ids.begin(), ids.end(), padded.begin());
    for (std::size_t i = 0; i < kIdsMax / 2; ++i) {
      std::uint64_t two = 0;
      std::memcpy(&two, padded.data() + 2 * i, sizeof two);
      atomic(slot.ids[i]).store(two, std::memory_order_release);
    }
    atomic(slot.state)
        .store(version << kVersionShift | ids.size() << 8 | key.size_bytes_,
               std::memory_order_release);
  }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 15;
  static constexpr int kVersionShift = 16;
  static constexpr std::uint64_t kBusy = 0x80;

  /// `state`: a version that no other state of the slot has had, how many ids, how many bytes. All
  /// zero is an empty slot.
  struct alignas(64) Slot {
    std::uint64_t state, key[4], ids[kIdsMax / 2];
  };
  static std::atomic_ref<std::uint64_t> atomic(std::uint64_t& word) {
    return std::atomic_ref<std::uint64_t>(word);
  }
  static std::size_t size_of(std::uint64_t state) { return state & 0xFF; }
  static std::size_t count_of(std::uint64_t state) { return state >> 8 & 0xFF; }
  Slot& slot_of(const Key& key) const { return slots_[key.hash_ % kSlots]; }

  std::shared_ptr<void> memory_ = zeroed_pages(kSlots * sizeof(Slot));  ///< this object's alone
  Slot* slots_ = static_cast<Slot*>(memory_.get());
};

}  // namespace orch::tokenizer
