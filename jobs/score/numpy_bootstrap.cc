#include "jobs/score/numpy_bootstrap.h"

#include <algorithm>
#include <bit>

namespace orch::score {

std::uint32_t NumpyGenerator::below(std::uint32_t n) {
  const std::uint32_t last = n - 1;
  if (last == 0) return 0;
  const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(last);
  while (true) {
    const auto word = static_cast<std::uint32_t>(words_()) & mask;
    if (word <= last) return word;
  }
}

double bootstrap_median(const std::vector<double>& values, NumpyGenerator& generator) {
  const auto n = static_cast<std::uint32_t>(values.size());
  std::vector<double> means(kBootstrapSamples);
  for (double& mean : means) {
    double sum = 0;
    for (std::uint32_t i = 0; i < n; ++i) sum += values[generator.below(n)];
    mean = sum / n;
  }
  std::sort(means.begin(), means.end());
  const double low = means[kBootstrapSamples / 2 - 1], high = means[kBootstrapSamples / 2];
  return high - (high - low) * 0.5;
}

void skip_bootstrap(std::size_t items, NumpyGenerator& generator) {
  const auto n = static_cast<std::uint32_t>(items);
  for (std::uint64_t i = 0; i < std::uint64_t{kBootstrapSamples} * n; ++i) generator.below(n);
}

}  // namespace orch::score
