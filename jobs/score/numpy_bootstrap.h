#pragma once
// The bootstrap of rouge_score's aggregator with NumPy's legacy generator, draw for draw.
// Thread: one owner.

#include <cstdint>
#include <random>
#include <vector>

namespace orch::score {

/// numpy.random.seed(seed); numpy.random.randint(0, n).
/// Source: Matsumoto & Nishimura 1998 (MT19937); numpy/random/src/distributions/distributions.c
/// (masked rejection on 32-bit words).
class NumpyGenerator {
 public:
  explicit NumpyGenerator(std::uint32_t seed) : words_(seed) {}
  /// Uniform in [0, n), 0 < n < 2^32.
  std::uint32_t below(std::uint32_t n);

 private:
  std::mt19937 words_;
};

inline constexpr int kBootstrapSamples = 1000;

/// Median of the means of 1,000 samples with replacement. `values` is not empty.
/// Source: rouge_score/scoring.py 0.1.2, BootstrapAggregator.
double bootstrap_median(const std::vector<double>& values, NumpyGenerator& generator);
/// Draws what bootstrap_median of `items` values would.
void skip_bootstrap(std::size_t items, NumpyGenerator& generator);

}  // namespace orch::score
