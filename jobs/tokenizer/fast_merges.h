#pragma once
// Merges by their two parts, one cache line a lookup. Tokens have other numbers here than their
// ids: they are counted in the order in which they are formed, symbols first, so that of two merges
// the one with the lower number is made first. Only tokens that encoding can give have one.
// Immutable; thread: any.

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "jobs/tokenizer/fast_tables.h"
#include "jobs/tokenizer/flat_file.h"
#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class FastMerges {
 public:
  /// No number, and above all numbers.
  static constexpr std::uint32_t kNone = 0x3FFFFFF;

  /// Where a pair is looked for.
  struct Place {
    std::size_t bucket;
    std::uint32_t tag;
  };
  Place place_of(std::uint32_t left, std::uint32_t right) const {
    // Different pairs have different places: each step can be undone.
    std::uint64_t h = static_cast<std::uint64_t>(left) << number_bits_ | right;
    h = h * 0x9E3779B97F4A7C15ULL & pair_mask_;
    h ^= h >> number_bits_;
    h = h * 0xD6E8FEB86659FD93ULL & pair_mask_;
    return {static_cast<std::size_t>(h >> tag_bits_),
            static_cast<std::uint32_t>(h) & ((std::uint32_t{1} << tag_bits_) - 1)};
  }
  /// Has what find() will look at.
  void fetch(const Place& place) const { prefetch(&buckets_[place.bucket]); }
  /// The number of the token that two merge to; kNone if they never do.
  std::uint32_t find(const Place& place) const {
    const Bucket& home = buckets_[place.bucket];
    const unsigned hits = matches(home, place.tag);
    const std::uint32_t merged = home.merged[std::countr_zero(hits | 0x80U)];
    if (hits == 0 && home.merged[kSlots - 1] != kNone) return find_further(place);
    return hits != 0 ? merged : kNone;
  }
  /// A number that is no token's, and merges with none.
  std::uint32_t nothing() const { return static_cast<std::uint32_t>(ids_.size()); }
  std::uint32_t id_of(std::uint32_t number) const { return ids_[number]; }
  /// kNone: the token is never formed.
  std::uint32_t number_of(std::uint32_t id) const { return numbers_[id]; }
  /// Stands for a byte of a symbol that is no token; merges with nothing.
  std::uint32_t unknown_byte(std::uint8_t byte) const {
    return static_cast<std::uint32_t>(ids_.size()) - 256 + byte;
  }
  /// kNone: no symbol, unless more bytes follow.
  std::uint32_t number_of_byte(std::uint8_t byte) const { return bytes_[byte]; }
  /// find() for two symbols of a byte each; kNone too if they are none.
  std::uint32_t find_bytes(std::uint8_t left, std::uint8_t right) const {
    return byte_pairs_[std::size_t{left} << 8 | right];
  }

  struct Storage;
  /// Of the tables' tokens. `byte_ids`: what a byte of an unknown symbol becomes. Null: too many.
  static std::unique_ptr<Storage> make(const FastTables& tables,
                                       std::span<const std::uint32_t, 256> byte_ids);

  void save(FlatWriter& out) const;
  /// Over the file's own memory; nothing if it is not what was saved.
  static std::optional<FastMerges> load(FlatReader& in, const FastTables& tables);

 private:
  static constexpr std::size_t kSlots = 8;
  /// A pair's tag is what its place does not say of it, and in the top bits how many buckets behind
  /// its own it lies. Full from the front.
  struct alignas(64) Bucket {
    std::uint32_t tags[kSlots];
    std::uint32_t merged[kSlots];  ///< kNone: free
  };
  static constexpr std::uint32_t kFurtherMax = 15;
  static constexpr int kTagBits = 28;

  /// A bit for each slot with the tag.
  static unsigned matches(const Bucket& bucket, std::uint32_t tag) {
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto* const tags = reinterpret_cast<const __m128i*>(bucket.tags);
    const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(tags), wanted);
    const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(tags + 1), wanted);
    return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(low))) |
           static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(high))) << 4;
  }
  std::uint32_t find_further(const Place& place) const;
  bool set_sizes();
  bool consistent(const FastTables& tables) const;

  std::span<const std::uint32_t> ids_, numbers_;
  std::span<const Bucket> buckets_;  ///< a power of two
  std::span<const std::uint32_t> bytes_, byte_pairs_;
  int number_bits_ = 0, tag_bits_ = 0;
  std::uint64_t pair_mask_ = 0;
};

/// What builds the merges and owns them.
struct FastMerges::Storage {
  template <typename T>
  using Array = std::vector<T, PageAllocator<T>>;
  Array<std::uint32_t> ids, numbers, bytes, byte_pairs;
  Array<Bucket> buckets;
  FastMerges merges;

 private:
  friend class FastMerges;
  void number(const FastTables& tables, std::span<const std::uint32_t, 256> byte_ids);
  bool fill(const FastTables& tables);
  void fill_bytes(const FastTables& tables);
};

}  // namespace orch::tokenizer
