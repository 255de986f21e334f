#include "jobs/tokenizer/fast_bpe_group.h"

#include <emmintrin.h>

#include <algorithm>

namespace orch::tokenizer {

namespace {

/// A list of all places in order, between nothing before them and what is behind the last.
struct AllInOrder {
  static constexpr std::size_t kSize = FastBpeGroup::kPieceBytesMax + 2;
  std::array<std::uint8_t, kSize> next{}, before{};
  constexpr AllInOrder() {
    for (std::size_t i = 0; i + 1 < kSize; ++i) {
      next[i] = static_cast<std::uint8_t>(i + 1);
      before[i] = static_cast<std::uint8_t>(i == 0 ? kSize - 1 : i - 1);
    }
  }
};
constexpr AllInOrder kAllInOrder;

}  // namespace

/// A piece on its way: symbols and what they were merged to, in a list.
class FastBpeGroup::Merging {
 public:
  void begin(const FastModel& model, std::string_view piece) {
    const FastMerges& merges = model.merges;
    next_ = kAllInOrder.next;
    before_ = kAllInOrder.before;
    keys_.fill(kNever);
    merged_at_ = kBefore;
    size_ = 0;
    bool after_byte = false;  // the last symbol was one
    for (std::size_t at = 0; at < piece.size();) {
      const std::size_t begin = at;
      const std::uint32_t number = take_symbol(model, piece, at);
      const bool is_byte = at == begin + 1;
      numbers_[size_] = number;
      if (size_ > 0)
        keys_[size_ - 1u] = key(
            size_ - 1u, after_byte && is_byte
                            ? merges.find_bytes(byte_of(piece[begin - 1]), byte_of(piece[begin]))
                            : merges.find(merges.place_of(numbers_[size_ - 1u], number)));
      after_byte = is_byte;
      ++size_;
    }
    numbers_[size_] = numbers_[kBefore] = merges.nothing();
  }

  /// Merges once. False: nothing is left to merge.
  bool turn(const FastMerges& merges) {
    std::int32_t least = size_ > 16 ? least_of<32>() : least_of<16>();
    if (merged_at_ != kBefore) {
      // After least_of(): a vector that overlaps a number just written is slow to read.
      const std::size_t i = merged_at_, h = before_[i];
      keys_[i] = key(i, merges.find(places_[0]));
      keys_[h] = key(h, merges.find(places_[1]));
      least = std::min({least, keys_[i], keys_[h]});
    }
    if (least >= kNever) return false;
    const std::size_t i = static_cast<std::size_t>(least) % kSymbolsMax;
    const std::size_t j = next_[i], h = before_[i], k = next_[j];
    numbers_[i] = static_cast<std::uint32_t>(least) / kSymbolsMax;
    places_[0] = merges.place_of(numbers_[i], numbers_[k]);
    places_[1] = merges.place_of(numbers_[h], numbers_[i]);
    merges.fetch(places_[0]);
    merges.fetch(places_[1]);
    keys_[h] = keys_[i] = keys_[j] = kNever;
    next_[i] = static_cast<std::uint8_t>(k);
    before_[k] = static_cast<std::uint8_t>(i);
    merged_at_ = static_cast<std::uint8_t>(i);
    return true;
  }

  /// Writes the tokens' numbers; returns how many.
  std::size_t write(std::uint32_t* numbers) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size_; i = next_[i]) numbers[count++] = numbers_[i];
    return count;
  }

 private:
  static constexpr std::size_t kSymbolsMax = kPieceBytesMax;
  static constexpr std::size_t kBefore = kSymbolsMax + 1;  ///< stands before the first
  static constexpr std::int32_t kNever = FastMerges::kNone * kSymbolsMax;

  static std::int32_t key(std::size_t i, std::uint32_t merged) {
    return static_cast<std::int32_t>(merged * kSymbolsMax + i % kSymbolsMax);
  }
  static std::uint8_t byte_of(char c) { return static_cast<std::uint8_t>(c); }
  /// Of the symbol at `at`, which moves behind it. What is unknown is taken byte by byte.
  static std::uint32_t take_symbol(const FastModel& model, std::string_view piece,
                                   std::size_t& at) {
    const FastMerges& merges = model.merges;
    const std::uint8_t byte = byte_of(piece[at]);
    const std::uint32_t number = merges.number_of_byte(byte);
    if (number != FastMerges::kNone) {
      ++at;
      return number;
    }
    const auto symbol = model.tables.first_symbol(piece.data() + at, piece.size() - at);
    at += std::max<std::size_t>(1, symbol.size_bytes);
    return symbol.token == kNoToken ? merges.unknown_byte(byte) : merges.number_of(symbol.token);
  }
  static __m128i lesser(__m128i a, __m128i b) {
    const __m128i first = _mm_cmplt_epi32(a, b);
    return _mm_or_si128(_mm_and_si128(first, a), _mm_andnot_si128(first, b));
  }
  /// Of so many keys; what stands behind the symbols is never merged.
  template <std::size_t kSize>
  std::int32_t least_of() const {
    const auto* const keys = reinterpret_cast<const __m128i*>(keys_.data());
    __m128i least = _mm_load_si128(keys);
#pragma GCC unroll 8
    for (std::size_t i = 1; i < kSize / 4; ++i) least = lesser(least, _mm_load_si128(keys + i));
    least = lesser(least, _mm_shuffle_epi32(least, 0x4E));
    return _mm_cvtsi128_si32(lesser(least, _mm_shuffle_epi32(least, 0xB1)));
  }

  alignas(16)
      std::array<std::int32_t, kSymbolsMax + 2> keys_;  ///< what it makes with the next, and where
  std::array<std::uint32_t, kSymbolsMax + 2> numbers_;
  std::array<std::uint8_t, kSymbolsMax + 2> next_, before_;
  std::array<FastMerges::Place, 2> places_;  ///< of what was merged last, with the next and before
  std::uint8_t size_;
  std::uint8_t merged_at_;
};

void FastBpeGroup::run(const FastModel& model) {
  find_whole(model);
  merge(model);
}

/// Encodes the pieces that are tokens, all at once byte by byte.
void FastBpeGroup::find_whole(const FastModel& model) {
  const FastTables& t = model.tables;
  const auto byte = [&](const Walk& walk) {
    return static_cast<std::uint8_t>(pieces_[walk.piece].text[walk.at]);
  };
  const auto pair = [&](const Piece& piece) {
    return &t.pair_nodes[FastTables::place_of(piece.text[0], piece.text[1])];
  };
  std::size_t count = 0;
  for (std::uint32_t i = 0; i < size_; ++i) {
    if (!pieces_[i].may_be_token || pieces_[i].text.size() < 2) continue;
    prefetch(pair(pieces_[i]));
    walks_[count++] = {i, 0, 2};
  }
  std::size_t left = 0;
  const auto go_on = [&](const Walk& walk) {
    if (walk.node != 0) walks_[left++] = walk;
  };
  for (std::size_t k = 0; k < count; ++k) {
    Walk walk = walks_[k];
    walk.node = *pair(pieces_[walk.piece]);
    prefetch(&t.nodes[walk.node]);
    go_on(walk);
  }
  count = left;
  for (std::size_t k = 0; k < count; ++k) prefetch(&t.nodes[t.nodes[walks_[k].node].first()]);
  while (count > 0) {
    left = 0;
    for (std::size_t k = 0; k < count; ++k) {
      Walk walk = walks_[k];
      Piece& piece = pieces_[walk.piece];
      const TrieNode node = t.nodes[walk.node];
      if (walk.at < piece.text.size()) {
        walk.node = child_of(t.nodes.data(), node, byte(walk));
        ++walk.at;
        prefetch(&t.nodes[t.nodes[walk.node].first()]);
        go_on(walk);
      } else if (node.reachable() || (model.whole_first && node.token() != kNoToken)) {
        piece.begin = static_cast<std::uint32_t>(ids_size_);
        piece.count = 1;
        ids_[ids_size_++] = node.token();
      }
    }
    count = left;
  }
}

void FastBpeGroup::merge(const FastModel& model) {
  constexpr std::size_t kAtWork = 16;
  std::array<Merging, kAtWork> at_work;
  std::array<std::uint32_t, kAtWork> numbers;
  const std::size_t first_id = ids_size_;
  std::size_t next = 0, count = 0;
  const auto begin_next = [&](std::size_t slot) {
    while (next < size_) {
      const Piece& piece = pieces_[next];
      numbers[slot] = static_cast<std::uint32_t>(next++);
      if (piece.count > 0) continue;
      at_work[slot].begin(model, piece.text);
      return true;
    }
    return false;
  };
  while (count < kAtWork && begin_next(count)) ++count;
  std::array<std::uint8_t, kAtWork> order;
  for (std::size_t i = 0; i < count; ++i) order[i] = static_cast<std::uint8_t>(i);
  while (count > 0) {
    std::size_t left = 0;
    for (std::size_t k = 0; k < count; ++k) {
      const std::uint8_t slot = order[k];
      order[left] = slot;
      bool stays = true;
      if (!at_work[slot].turn(model.merges)) {
        Piece& piece = pieces_[numbers[slot]];
        piece.begin = static_cast<std::uint32_t>(ids_size_);
        piece.count = static_cast<std::uint32_t>(at_work[slot].write(ids_.data() + ids_size_));
        ids_size_ += piece.count;
        stays = begin_next(slot);
      }
      left += static_cast<std::size_t>(stays);
    }
    count = left;
  }
  for (std::size_t i = first_id; i < ids_size_; ++i) ids_[i] = model.merges.id_of(ids_[i]);
}

}  // namespace orch::tokenizer
