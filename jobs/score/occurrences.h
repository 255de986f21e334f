#pragma once
// Where the words of a text stand, so that a long sentence is not walked for each short one that it
// is compared with. Thread: one owner.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

namespace orch::score {

class Occurrences {
 public:
  using Ids = std::span<const std::uint32_t>;

  /// Of all words of a text; ids are below `ids`.
  void build(Ids words, std::uint32_t ids) {
    first_.assign(ids + 1, 0);
    for (const std::uint32_t w : words) ++first_[w + 1];
    for (std::size_t w = 0; w < ids; ++w) first_[w + 1] += first_[w];
    places_.resize(words.size());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (std::uint32_t i = 0; i < words.size(); ++i) places_[next[words[i]]++] = i;
  }

  /// Whether find() is less work than to look at each word of x.
  static bool worth(std::size_t x_size, std::size_t y_size) { return x_size > 64 + 8 * y_size; }

  /// The places from `begin` to below `end` where an element of y stands, ascending, counted from
  /// `begin`.
  void find(Ids y, std::size_t begin, std::size_t end, std::vector<std::uint32_t>& out) {
    found_.assign((end - begin) / 64 + 1, 0);
    wanted_.assign(y.begin(), y.end());
    std::sort(wanted_.begin(), wanted_.end());
    wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
    for (const std::uint32_t w : wanted_) {
      const auto last = places_.begin() + first_[w + 1];
      auto at = std::lower_bound(places_.begin() + first_[w], last, begin);
      for (; at != last && *at < end; ++at)
        found_[(*at - begin) / 64] |= std::uint64_t{1} << (*at - begin) % 64;
    }
    out.clear();
    for (std::uint32_t i = 0; i < found_.size(); ++i)
      for (std::uint64_t bits = found_[i]; bits != 0; bits &= bits - 1)
        out.push_back(i * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
  }

 private:
  std::vector<std::uint32_t> first_, places_, wanted_;
  std::vector<std::uint64_t> found_;
};

/// The sentences that are not equal to one before them; `sentence(i)` is the i-th of `count`.
template <typename Sentence>
std::vector<std::uint32_t> distinct_sentences(std::size_t count, Sentence sentence) {
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    const auto x = sentence(a), y = sentence(b);
    return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
  };
  std::set<std::uint32_t, decltype(before)> seen(before);
  std::vector<std::uint32_t> out;
  for (std::uint32_t i = 0; i < count; ++i)
    if (seen.insert(i).second) out.push_back(i);
  return out;
}

}  // namespace orch::score
