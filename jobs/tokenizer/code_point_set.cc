#include "jobs/tokenizer/code_point_set.h"

#include <algorithm>

namespace orch::tokenizer {

CodePointSet::CodePointSet(std::initializer_list<Range> ranges) {
  for (const auto& [first, last] : ranges) add(first, last);
}

void CodePointSet::add(std::uint32_t first, std::uint32_t last) {
  if (first > last) return;
  if (ranges_.empty() || first > ranges_.back().second + 1) {
    ranges_.emplace_back(first, last);
    return;
  }
  // The first range that is not wholly before the new one, and the first that is wholly after.
  const auto begin =
      std::lower_bound(ranges_.begin(), ranges_.end(), first,
                       [](const Range& r, std::uint32_t p) { return r.second + 1 < p; });
  auto end = begin;
  Range merged{first, last};
  for (; end != ranges_.end() && end->first <= last + 1; ++end) {
    merged.first = std::min(merged.first, end->first);
    merged.second = std::max(merged.second, end->second);
  }
  if (begin == end) {
    ranges_.insert(begin, merged);
  } else {
    *begin = merged;
    ranges_.erase(begin + 1, end);
  }
}

void CodePointSet::add(const CodePointSet& other) {
  std::vector<Range> both(ranges_.size() + other.ranges_.size());
  std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(),
             both.begin());
  ranges_.clear();
  for (const auto& [first, last] : both) add(first, last);
}

void CodePointSet::keep(const CodePointSet& other) {
  std::vector<Range> out;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const std::uint32_t first = std::max(a->first, b->first);
    const std::uint32_t last = std::min(a->second, b->second);
    if (first <= last) out.emplace_back(first, last);
    if (a->second < b->second)
      ++a;
    else
      ++b;
  }
  ranges_ = std::move(out);
}

void CodePointSet::remove(const CodePointSet& other) { keep(other.complement()); }

CodePointSet CodePointSet::complement() const {
  CodePointSet out;
  std::uint32_t at = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > at) out.ranges_.emplace_back(at, first - 1);
    at = last + 1;
  }
  if (at < kCodePointLimit) out.ranges_.emplace_back(at, kCodePointLimit - 1);
  return out;
}

bool CodePointSet::contains(std::uint32_t code_point) const {
  const auto it = std::lower_bound(ranges_.begin(), ranges_.end(), code_point,
                                   [](const Range& r, std::uint32_t p) { return r.second < p; });
  return it != ranges_.end() && it->first <= code_point;
}

bool CodePointSet::covers(const CodePointSet& other) const {
  auto a = ranges_.begin();
  for (const auto& [first, last] : other.ranges_) {
    while (a != ranges_.end() && a->second < first) ++a;
    if (a == ranges_.end() || a->first > first || a->second < last) return false;
  }
  return true;
}

std::size_t CodePointSet::size() const {
  std::size_t n = 0;
  for (const auto& [first, last] : ranges_) n += last - first + 1;
  return n;
}

}  // namespace orch::tokenizer
