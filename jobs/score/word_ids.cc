#include "jobs/score/word_ids.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/random.h"

namespace orch::score {

namespace {

constexpr std::size_t kSlotsMin = 256;

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::size_t PairIds::slot(std::uint64_t key) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = mix64(key) & mask;
  while (slots_[at] != 0 && keys_[slots_[at] - 1] != key) at = (at + 1) & mask;
  return at;
}

void PairIds::grow() {
  slots_.assign(std::max(kSlotsMin, slots_.size() * 2), 0);
  for (std::uint32_t i = 0; i < keys_.size(); ++i) slots_[slot(keys_[i])] = i + 1;
}

std::uint32_t PairIds::id(std::uint64_t key) {
  if (keys_.size() * 2 >= slots_.size()) grow();
  const std::size_t at = slot(key);
  if (slots_[at] == 0) {
    keys_.push_back(key);
    slots_[at] = size();
  }
  return slots_[at] - 1;
}

std::uint32_t PairIds::find(std::uint64_t key) const {
  if (slots_.empty()) return 0;
  const std::uint32_t found = slots_[slot(key)];
  return found == 0 ? size() : found - 1;
}

void PairIds::clear() {
  keys_.clear();
  // A table that one huge item left behind is not wiped again for each small one.
  slots_.assign(std::min<std::size_t>(slots_.size(), kSlotsMin * 16), 0);
}

void WordIds::grow() {
  slots_.assign(std::max(kSlotsMin, slots_.size() * 2), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t i = 0; i < words_.size(); ++i) {
    std::size_t at = hashes_[i] & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = i + 1;
  }
}

std::uint32_t WordIds::id(std::string_view bytes) {
  if (words_.size() * 2 >= slots_.size()) grow();
  const std::uint64_t hash = hash_bytes(bytes);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == 0) {
      words_.push_back(bytes);
      hashes_.push_back(hash);
      slots_[at] = size();
      return size() - 1;
    }
    const std::uint32_t found = slots_[at] - 1;
    if (hashes_[found] == hash && words_[found] == bytes) return found;
  }
}

void WordIds::clear() {
  words_.clear();
  hashes_.clear();
  slots_.assign(std::min<std::size_t>(slots_.size(), kSlotsMin * 16), 0);
}

std::vector<std::uint32_t> longer_grams(std::span<const std::uint32_t> grams,
                                        std::span<const std::uint32_t> words, int order,
                                        PairIds& pairs) {
  std::vector<std::uint32_t> out;
  const auto last = static_cast<std::size_t>(order);
  if (words.size() <= last) return out;
  out.reserve(words.size() - last);
  for (std::size_t i = 0; i + last < words.size(); ++i)
    out.push_back(pairs.id(std::uint64_t{grams[i]} << 32 | words[i + last]));
  return out;
}

std::uint64_t clipped_matches(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                              std::uint32_t ids, std::vector<std::int32_t>& counts) {
  counts.assign(ids, 0);
  for (const std::uint32_t gram : b) ++counts[gram];
  std::uint64_t matches = 0;
  for (const std::uint32_t gram : a)
    if (counts[gram]-- > 0) ++matches;
  return matches;
}

}  // namespace orch::score
