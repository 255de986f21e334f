#include "jobs/tokenizer/fast_merges.h"

#include <algorithm>

namespace orch::tokenizer {

namespace {

constexpr std::size_t kFilled = 5;  ///< of the slots of a bucket, at most, on average

}  // namespace

std::uint32_t FastMerges::find_further(const Place& place) const {
  for (std::uint32_t further = 1; further <= kFurtherMax; ++further) {
    const Bucket& bucket = buckets_[(place.bucket + further) & (buckets_.size() - 1)];
    const unsigned hits = matches(bucket, place.tag | further << kTagBits);
    if (hits != 0) return bucket.merged[std::countr_zero(hits)];
    if (bucket.merged[kSlots - 1] == kNone) break;
  }
  return kNone;
}

/// False: there is no such number of tokens and buckets.
bool FastMerges::set_sizes() {
  if (ids_.size() < 256 || ids_.size() >= kNone || !std::has_single_bit(buckets_.size()))
    return false;
  // One number is no token's: what asks for a pair with nothing gives it.
  number_bits_ = static_cast<int>(std::bit_width(ids_.size()));
  tag_bits_ = 2 * number_bits_ - std::countr_zero(buckets_.size());
  pair_mask_ = (std::uint64_t{1} << 2 * number_bits_) - 1;
  return tag_bits_ >= 0 && tag_bits_ <= kTagBits;
}

std::unique_ptr<FastMerges::Storage> FastMerges::make(
    const FastTables& tables, std::span<const std::uint32_t, 256> byte_ids) {
  auto made = std::make_unique<Storage>();
  made->number(tables, byte_ids);
  // At least so many that the tag has room for the rest of the pair.
  const std::size_t count = made->ids.size();
  const int bits = static_cast<int>(std::bit_width(count));
  const std::size_t least = std::size_t{1} << std::max(0, 2 * bits - kTagBits);
  for (std::size_t size = std::bit_ceil(std::max(least, count / kFilled + 1));; size *= 2) {
    if (size > count * 64 + 64) return nullptr;
    Bucket free{};
    std::fill(std::begin(free.merged), std::end(free.merged), kNone);
    made->buckets.assign(size, free);
    made->merges.ids_ = made->ids;
    made->merges.numbers_ = made->numbers;
    made->merges.buckets_ = made->buckets;
    if (!made->merges.set_sizes()) return nullptr;
    if (!made->fill(tables)) continue;
    made->fill_bytes(tables);
    return made;
  }
}

void FastMerges::Storage::number(const FastTables& tables,
                                 std::span<const std::uint32_t, 256> byte_ids) {
  numbers.assign(tables.size(), kNone);
  std::uint32_t last = 0;
  for (const TokenMake& make : tables.makes)
    if (make.formed() != kNeverFormed) last = std::max(last, make.formed());
  Array<std::uint32_t> formed(last + 1, kNoToken);  // `formed` → id
  for (std::uint32_t id = 0; id < tables.size(); ++id) {
    const TokenMake& make = tables.makes[id];
    if (make.formed() == 0)
      ids.push_back(id);
    else if (make.formed() != kNeverFormed)
      formed[make.formed()] = id;
  }
  for (const std::uint32_t id : formed)
    if (id != kNoToken) ids.push_back(id);
  for (std::uint32_t i = 0; i < ids.size(); ++i) numbers[ids[i]] = i;
  ids.insert(ids.end(), byte_ids.begin(), byte_ids.end());
}

/// False: a pair finds no place.
bool FastMerges::Storage::fill(const FastTables& tables) {
  constexpr std::size_t kAhead = 16;
  const auto place_of = [&](std::size_t number) {
    const TokenMake& make = tables.makes[ids[number]];
    return merges.place_of(numbers[make.left()], numbers[make.right()]);
  };
  const std::size_t end = ids.size() - 256;  // behind them: unknown bytes
  std::size_t first = 0;                     // that is no symbol
  while (first < end && tables.makes[ids[first]].formed() == 0) ++first;
  for (std::size_t i = first; i < end; ++i) {
    if (i + kAhead < end) prefetch(&buckets[place_of(i + kAhead).bucket]);
    const Place place = place_of(i);
    std::uint32_t further = 0;
    Bucket* bucket = nullptr;
    do bucket = &buckets[(place.bucket + further) & (buckets.size() - 1)];
    while (bucket->merged[kSlots - 1] != kNone && ++further <= kFurtherMax);
    if (further > kFurtherMax) return false;
    const auto slot = std::find(std::begin(bucket->merged), std::end(bucket->merged), kNone) -
                      std::begin(bucket->merged);
    bucket->tags[slot] = place.tag | further << kTagBits;
    bucket->merged[slot] = static_cast<std::uint32_t>(i);
  }
  return true;
}

void FastMerges::Storage::fill_bytes(const FastTables& tables) {
  bytes.assign(256, kNone);
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char text = static_cast<char>(byte);
    const auto symbol = tables.first_symbol(&text, 1);
    if (symbol.token != kNoToken) bytes[byte] = numbers[symbol.token];
  }
  byte_pairs.assign(65536, kNone);
  for (std::size_t pair = 0; pair < byte_pairs.size(); ++pair)
    if (bytes[pair >> 8] != kNone && bytes[pair & 255] != kNone)
      byte_pairs[pair] = merges.find(merges.place_of(bytes[pair >> 8], bytes[pair & 255]));
  merges.bytes_ = bytes;
  merges.byte_pairs_ = byte_pairs;
}

void FastMerges::save(FlatWriter& out) const {
  out.array(ids_);
  out.array(numbers_);
  out.array(buckets_);
  out.array(bytes_);
  out.array(byte_pairs_);
}

std::optional<FastMerges> FastMerges::load(FlatReader& in, const FastTables& tables) {
  FastMerges merges;
  merges.ids_ = in.array<std::uint32_t>();
  merges.numbers_ = in.array<std::uint32_t>();
  merges.buckets_ = in.array<Bucket>();
  merges.bytes_ = in.array<std::uint32_t>();
  merges.byte_pairs_ = in.array<std::uint32_t>();
  if (!in.ok() || !merges.set_sizes() || !merges.consistent(tables)) return std::nullopt;
  return merges;
}

/// True if nothing in it leads outside of it.
bool FastMerges::consistent(const FastTables& tables) const {
  const auto number = [&](std::uint32_t i) { return i == kNone || i < ids_.size(); };
  if (numbers_.size() != tables.size()) return false;
  for (std::size_t id = 0; id < numbers_.size(); ++id)
    if (numbers_[id] == kNone && tables.makes[id].formed() != kNeverFormed) return false;
  return std::all_of(ids_.begin(), ids_.end(), [&](auto id) { return id < tables.size(); }) &&
         bytes_.size() == 256 && byte_pairs_.size() == 65536 &&
         std::all_of(numbers_.begin(), numbers_.end(), number) &&
         std::all_of(bytes_.begin(), bytes_.end(), number) &&
         std::all_of(byte_pairs_.begin(), byte_pairs_.end(), number) &&
         std::all_of(buckets_.begin(), buckets_.end(), [&](const Bucket& bucket) {
           return std::all_of(std::begin(bucket.merged), std::end(bucket.merged), number);
         });
}

}  // namespace orch::tokenizer
