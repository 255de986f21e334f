#include "jobs/tokenizer/token_index.h"

#include <bit>
#include <cstring>

namespace orch::tokenizer {

namespace {

constexpr std::size_t kSlotsMin = 16;
constexpr std::size_t kInjectiveMax = 8;

std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93;
  x ^= x >> 32;
  return x;
}

}  // namespace

namespace {

/// Up to seven bytes as a number; one to one for texts of the same size.
std::uint64_t small_word(std::string_view text) {
  const auto at = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])}; };
  if (text.empty()) return 0;
  if (text.size() < 4) return at(0) | at(text.size() / 2) << 8 | at(text.size() - 1) << 16;
  std::uint32_t first = 0, last = 0;
  std::memcpy(&first, text.data(), 4);
  std::memcpy(&last, text.data() + text.size() - 4, 4);
  return first | std::uint64_t{last} << 32;
}

}  // namespace

// One to one for texts of the same size up to kInjectiveMax: equal hashes are then equal texts.
std::uint64_t TokenIndex::hash(std::string_view text) {
  std::uint64_t h = mix(text.size() + 0x9E3779B97F4A7C15);
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    h = mix(h ^ word) * 0x9E3779B97F4A7C15;
    text.remove_prefix(8);
  }
  return mix(h ^ small_word(text));
}

TokenIndex::TokenIndex(std::size_t expected)
    : slots_(std::bit_ceil(std::max(kSlotsMin, expected * 2))) {}

std::size_t TokenIndex::slot_of(std::string_view token, std::uint64_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  const auto is_token = [&](const Slot& slot) {
    return slot.hash == hash && slot.size_bytes == token.size() &&
           (token.size() <= kInjectiveMax ||
            std::memcmp(slot.text, token.data(), token.size()) == 0);
  };
  while (slots_[i].text != nullptr && !is_token(slots_[i])) i = (i + 1) & mask;
  return i;
}

void TokenIndex::grow() {
  std::vector<Slot, PageAllocator<Slot>> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.text != nullptr) slots_[slot_of({slot.text, slot.size_bytes}, slot.hash)] = slot;
}

bool TokenIndex::insert(std::string_view token, std::int32_t id, std::uint64_t hash) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  Slot& slot = slots_[slot_of(token, hash)];
  if (slot.text != nullptr) return false;
  slot = {token.data() == nullptr ? "" : token.data(), static_cast<std::uint32_t>(token.size()), id,
          hash};
  ++size_;
  return true;
}

void TokenIndex::assign(std::string_view token, std::int32_t id) {
  if (!insert(token, id)) slots_[slot_of(token, hash(token))].id = id;
}

std::int32_t TokenIndex::find(std::string_view token, std::uint64_t hash) const {
  const Slot& slot = slots_[slot_of(token, hash)];
  return slot.text == nullptr ? -1 : slot.id;
}

}  // namespace orch::tokenizer
