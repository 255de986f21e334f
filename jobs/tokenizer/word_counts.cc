#include "jobs/tokenizer/word_counts.h"

#include <algorithm>
#include <cstring>

namespace orch::tokenizer {

namespace {

constexpr std::size_t kWordBlockBytes = 1 << 20;

std::uint64_t mix_word(std::uint64_t x) {
  x *= 0x9E3779B97F4A7C15ULL;
  return x ^ x >> 32;
}

}  // namespace

std::uint64_t WordCounts::hash_of(std::string_view word) {
  std::uint64_t hash = word.size();
  const char* p = word.data();
  std::size_t left = word.size();
  std::uint64_t part = 0;
  for (; left >= 8; left -= 8, p += 8) {
    std::memcpy(&part, p, 8);
    hash = mix_word(hash ^ part);
  }
  part = 0;
  for (std::size_t i = 0; i < left; ++i)
    part |= std::uint64_t{static_cast<unsigned char>(p[i])} << 8 * i;
  return mix_word(mix_word(hash ^ part));
}

const char* WordCounts::keep(std::string_view word) {
  if (word.size() > block_left_) {
    block_left_ = std::max(kWordBlockBytes, word.size());
    blocks_.push_back(std::make_unique<char[]>(block_left_));
    block_next_ = blocks_.back().get();
  }
  char* const out = block_next_;
  std::memcpy(out, word.data(), word.size());
  block_next_ += word.size();
  block_left_ -= word.size();
  return out;
}

void WordCounts::grow() {
  slots_.assign(slots_.size() * 2, 0);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::size_t slot = words_[i].hash & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void WordCounts::add(std::string_view word, std::int64_t count) {
  const std::uint64_t hash = hash_of(word);
  std::size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    Entry& entry = words_[slots_[slot] - 1];
    if (entry.hash == hash && entry.size_bytes == word.size() &&
        std::memcmp(entry.text, word.data(), word.size()) == 0) {
      entry.count += count;
      return;
    }
  }
  words_.push_back({hash, keep(word), static_cast<std::uint32_t>(word.size()), count});
  slots_[slot] = static_cast<std::uint32_t>(words_.size());
  if (words_.size() * 2 > slots_.size()) grow();
}

void WordCounts::add(const WordCounts& other) {
  for (std::size_t i = 0; i < other.size(); ++i) add(other[i].text, other[i].count);
}

}  // namespace orch::tokenizer
