#include "jobs/score/bootstrap_mean.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/random.h"

namespace orch::score {

namespace {

constexpr std::size_t kHandsMax = 16'384;

struct Hand {
  double sum = 0, items = 0;
};

std::vector<Hand> deal(const std::vector<PairedValues>& items, bool clustered, std::uint64_t seed) {
  std::vector<Hand> hands;
  std::unordered_map<std::uint64_t, std::size_t> places;
  const bool many = !clustered && items.size() > kHandsMax;
  if (many) hands.resize(kHandsMax);
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::size_t place = i;
    if (clustered) {
      place = places.try_emplace(items[i].cluster, hands.size()).first->second;
    } else if (many) {
      place = random_word(seed, i, 1) % kHandsMax;
    }
    if (place >= hands.size()) hands.emplace_back();
    hands[place].sum += items[i].candidate - items[i].base;
    hands[place].items += 1;
  }
  return hands;
}

/// Between the order statistics, as NumPy's default does.
double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(at));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - std::floor(at)) * (sorted[above] - sorted[below]);
}

}  // namespace

Interval bootstrap_interval(const std::vector<PairedValues>& items, bool clustered,
                            double confidence, int resamples, std::uint64_t seed) {
  const std::vector<Hand> hands = deal(items, clustered, seed);
  std::vector<double> means;
  for (int r = 0; r < resamples; ++r) {
    Hand total;
    for (std::size_t i = 0; i < hands.size(); ++i) {
      const std::uint64_t word = random_word(seed, i, static_cast<std::uint64_t>(r), 2) >> 32;
      const Hand& hand = hands[(word * hands.size()) >> 32];
      total.sum += hand.sum;
      total.items += hand.items;
    }
    means.push_back(total.items > 0 ? total.sum / total.items : 0);
  }
  std::sort(means.begin(), means.end());
  return {quantile(means, (1 - confidence) / 2), quantile(means, (1 + confidence) / 2)};
}

}  // namespace orch::score
