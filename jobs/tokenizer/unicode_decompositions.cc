#include "jobs/tokenizer/unicode_decompositions.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include "jobs/tokenizer/unicode_data.h"
#include "jobs/tokenizer/unicode_normalize.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

struct Decompositions::Raw {
  enum Kind : std::uint8_t { kComposes, kCanonical, kCompatibility };
  std::uint32_t code_point = 0;
  Kind kind = kComposes;
  std::vector<std::uint32_t> points;
};

namespace {

constexpr std::uint8_t flag(NormalForm form) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(form));
}
constexpr std::uint8_t kComposing = flag(NormalForm::kNfc) | flag(NormalForm::kNfkc);
constexpr std::uint8_t kDecomposing = flag(NormalForm::kNfd) | flag(NormalForm::kNfkd);

std::size_t pair_hash(std::uint32_t first, std::uint32_t second) {
  return (first * 0x9E3779B1u ^ second * 0x85EBCA6Bu) >> 16;
}

template <typename Raw>
const Raw* find_raw(const std::vector<Raw>& all, std::uint32_t p) {
  const auto it = std::lower_bound(
      all.begin(), all.end(), p,
      [](const Raw& raw, std::uint32_t wanted) { return raw.code_point < wanted; });
  return it != all.end() && it->code_point == p ? &*it : nullptr;
}

template <typename Raw>
void expand(const std::vector<Raw>& all, std::uint32_t p, bool compatibility,
            std::vector<std::uint32_t>& out) {
  const Raw* const raw = find_raw(all, p);
  if (raw == nullptr || (raw->kind == Raw::kCompatibility && !compatibility)) {
    out.push_back(p);
    return;
  }
  for (const std::uint32_t q : raw->points) expand(all, q, compatibility, out);
}

}  // namespace

Decompositions::Decompositions(UnicodeVersion version) {
  const auto known = [&](std::uint32_t p) {
    return general_category(p, version) != GeneralCategory::kCn;
  };
  std::vector<Raw> all;
  unicode_data::Packed in(unicode_data::kDecompositions);
  for (std::uint32_t p = 0, last = 0; in.more();) {
    p += in.next();
    const std::uint32_t form = in.next();
    Raw raw{p, static_cast<Raw::Kind>(form % 3), {}};
    for (std::uint32_t left = form / 3, q = last; left > 0; --left) {
      q += static_cast<std::uint32_t>(in.next_signed());
      raw.points.push_back(q);
    }
    last = raw.points.front();
    if (known(p)) all.push_back(std::move(raw));
  }
  unicode_data::Packed classes(unicode_data::kCombining);
  for (std::uint32_t p = 0; p < kCodePointLimit;) {
    const std::uint32_t end = p + classes.next();
    const auto value = static_cast<std::uint8_t>(classes.next());
    for (; value != 0 && p < end; ++p) {
      if (!known(p)) continue;
      combining_.fill(p, p, value);
      mark(p, kReorders);
    }
    p = end;
  }
  for (const Raw& raw : all) add(raw, all);
  flags_.fill(0xAC00, 0xD7A3, kDecomposing);
  for (std::uint32_t p = 0x1161; p <= 0x1175; ++p) mark(p, kComposing);
  for (std::uint32_t p = 0x11A8; p <= 0x11C2; ++p) mark(p, kComposing);
  for (std::uint32_t p = 0; p < kDirect; ++p) direct_[p] = flags_[p];
}

void Decompositions::mark(std::uint32_t p, std::uint8_t flags) {
  flags_.fill(p, p, flags_[p] | flags);
}

void Decompositions::add(const Raw& raw, const std::vector<Raw>& all) {
  std::vector<std::uint32_t> canonical, compatible;
  expand(all, raw.code_point, false, canonical);
  expand(all, raw.code_point, true, compatible);
  if (raw.kind == Raw::kCompatibility) {
    canonical.clear();
    mark(raw.code_point, flag(NormalForm::kNfkc) | flag(NormalForm::kNfkd));
  } else {
    mark(raw.code_point, kDecomposing);
    if (raw.kind == Raw::kCanonical) mark(raw.code_point, kComposing);
    if (canonical != compatible) mark(raw.code_point, flag(NormalForm::kNfkc));
  }
  if (raw.kind == Raw::kComposes && raw.points.size() == 2) {
    add_pair(raw.points[0], raw.points[1], raw.code_point);
    mark(raw.points[1], kComposing);
  }
  index_.fill(raw.code_point, raw.code_point, static_cast<std::uint16_t>(entries_.size()));
  entries_.push_back({static_cast<std::uint32_t>(pool_.size()),
                      static_cast<std::uint32_t>(canonical.size()),
                      static_cast<std::uint32_t>(compatible.size())});
  pool_.insert(pool_.end(), canonical.begin(), canonical.end());
  pool_.insert(pool_.end(), compatible.begin(), compatible.end());
}

void Decompositions::add_pair(std::uint32_t first, std::uint32_t second, std::uint32_t composed) {
  std::size_t slot = pair_hash(first, second) % kPairSlots;
  while (pairs_[slot].composed != 0) slot = (slot + 1) % kPairSlots;
  pairs_[slot] = {first, second, composed};
}

std::uint32_t Decompositions::compose(std::uint32_t first, std::uint32_t second) const {
  if (first >= 0x1100 && first <= 0x1112 && second >= 0x1161 && second <= 0x1175)
    return 0xAC00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
  if (first >= 0xAC00 && first <= 0xD7A3 && second >= 0x11A8 && second <= 0x11C2 &&
      (first - 0xAC00) % 28 == 0)
    return first + (second - 0x11A7);
  for (std::size_t slot = pair_hash(first, second) % kPairSlots; pairs_[slot].composed != 0;
       slot = (slot + 1) % kPairSlots)
    if (pairs_[slot].first == first && pairs_[slot].second == second) return pairs_[slot].composed;
  return 0;
}

std::span<const std::uint32_t> Decompositions::decompose(std::uint32_t p,
                                                         bool compatibility) const {
  const Entry& entry = entries_[index_[p]];
  const std::uint32_t* const begin = pool_.data() + entry.begin;
  return compatibility ? std::span(begin + entry.canonical, entry.compatible)
                       : std::span(begin, entry.canonical);
}

const Decompositions& Decompositions::of(UnicodeVersion version) {
  struct Slot {
    std::once_flag once;
    std::unique_ptr<Decompositions> made;
  };
  static std::array<Slot, static_cast<std::size_t>(UnicodeVersion::k17_0) + 1> kSlots;
  Slot& slot = kSlots.at(static_cast<std::size_t>(version));
  std::call_once(slot.once, [&] { slot.made = std::make_unique<Decompositions>(version); });
  return *slot.made;
}

}  // namespace orch::tokenizer
