#include "jobs/data/mixture.h"

#include "base/check.h"
#include "base/random.h"

namespace orch::data {

// The k-th turn of a source (k = 0, 1, …) may be taken from slot ⌊k·Σ/w⌋ on and must be taken
// before ⌈(k+1)·Σ/w⌉. Unit jobs, integer release times and deadlines, demand exactly one a slot:
// earliest deadline first meets them all, and within these bounds every prefix count stays within
// one of n·w/Σ.
Result<Mixture> Mixture::create(const std::vector<std::uint32_t>& weights) {
  std::uint64_t sum = 0;
  for (const std::uint32_t w : weights) {
    if (w == 0) return invalid("mixture: a weight is 0; leave the source out instead");
    sum += w;
  }
  if (weights.empty()) return invalid("mixture: no source");
  if (sum > kMixtureWeightSumMax)
    return invalid("mixture: weights sum to " + std::to_string(sum) + ", at most " +
                   std::to_string(kMixtureWeightSumMax) + " are allowed");
  Mixture mixture;
  mixture.weights_ = weights;
  std::vector<std::uint32_t> taken(weights.size(), 0);
  for (std::uint64_t slot = 0; slot < sum; ++slot) {
    std::size_t best = weights.size();
    std::uint64_t best_deadline = 0;
    for (std::size_t s = 0; s < weights.size(); ++s) {
      const std::uint64_t w = weights[s], k = taken[s];
      if (k == w || k * sum / w > slot) continue;
      const std::uint64_t deadline = ((k + 1) * sum + w - 1) / w;
      if (best == weights.size() || deadline < best_deadline) {
        best = s;
        best_deadline = deadline;
      }
    }
    ORCH_CHECK(best < weights.size(), "no source may be drawn for slot %llu",
               static_cast<unsigned long long>(slot));
    mixture.source_.push_back(static_cast<std::uint32_t>(best));
    mixture.before_.push_back(taken[best]++);
  }
  return mixture;
}

Mixture::Draw Mixture::draw(std::uint64_t slot) const {
  const std::uint64_t period = source_.size();
  const std::size_t at = slot % period;
  const std::uint32_t source = source_[at];
  return {source, slot / period * weights_[source] + before_[at]};
}

Permutation::Permutation(std::uint64_t seed, std::uint64_t stream, std::uint64_t size)
    : key_(random_word(seed, stream, 0x7065726du)), size_(size), half_bits_(1) {
  ORCH_CHECK(size > 0 && size <= std::uint64_t{1} << 62, "a permutation of %llu",
             static_cast<unsigned long long>(size));
  while ((std::uint64_t{1} << (2 * half_bits_)) < size) ++half_bits_;
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
  constexpr std::uint64_t kRounds = 6;
  const std::uint64_t mask = (std::uint64_t{1} << half_bits_) - 1;
  std::uint64_t x = index;
  do {
    std::uint64_t left = x >> half_bits_, right = x & mask;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      const std::uint64_t mixed = left ^ (random_word(key_, round, right) & mask);
      left = right;
      right = mixed;
    }
    x = left << half_bits_ | right;
  } while (x >= size_);
  return x;
}

}  // namespace orch::data
