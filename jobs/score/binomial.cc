#include "jobs/score/binomial.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace orch::score {

namespace {

constexpr double kHalfLogTwoPi = 0.918938533204672741780329736406;
/// Terms of a tail that no longer change its sum.
constexpr double kNegligible = 1e-18;

/// ln n! minus Stirling's formula.
double stirling_error(double n) {
  if (n <= 15) {
    return std::lgamma(n + 1) - (n + 0.5) * std::log(n) + n - kHalfLogTwoPi;
  }
  const double m = n * n;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / m) / m) / m) / m) / n;
}

/// x ln(x / mean) + mean − x, without cancellation where x is near the mean.
double deviance(double x, double mean) {
  const double gap = x - mean;
  if (std::abs(gap) >= 0.1 * (x + mean)) return x * std::log(x / mean) - gap;
  const double v = gap / (x + mean);
  double sum = gap * v, term = 2 * x * v;
  for (int j = 1;; ++j) {
    term *= v * v;
    const double next = sum + term / (2 * j + 1);
    if (next == sum) return sum;
    sum = next;
  }
}

/// Σ over k, k − 1, …, 0 of P(X = i) / P(X = k), X ~ Bin(n, 1/2); few terms where k ≤ n / 2.
double tail_over_edge(std::int64_t k, std::int64_t n) {
  double term = 1, sum = 1;
  for (std::int64_t i = k; i > 0 && term > kNegligible * sum; --i) {
    term *= static_cast<double>(i) / static_cast<double>(n - i + 1);
    sum += term;
  }
  return sum;
}

}  // namespace

double log_fair_binomial(std::int64_t k, std::int64_t n) {
  const double size = static_cast<double>(n), x = static_cast<double>(k), y = size - x;
  if (k == 0 || k == n) return -size * std::numbers::ln2;
  return stirling_error(size) - stirling_error(x) - stirling_error(y) - deviance(x, size / 2) -
         deviance(y, size / 2) - kHalfLogTwoPi + 0.5 * std::log(size / (x * y));
}

double fair_binomial_tail(std::int64_t k, std::int64_t n) {
  if (k <= 0) return 1;
  if (k > n) return 0;
  // P(X ≥ k) = P(X ≤ n − k)
  if (2 * (n - k) <= n)
    return std::min(1.0, std::exp(log_fair_binomial(n - k, n)) * tail_over_edge(n - k, n));
  return 1 - std::exp(log_fair_binomial(k - 1, n)) * tail_over_edge(k - 1, n);
}

double mcnemar_p(std::int64_t losses, std::int64_t wins) {
  return losses == 0 ? 1 : fair_binomial_tail(losses, losses + wins);
}

double log_bet_against_fair(std::int64_t losses, std::int64_t wins) {
  const std::int64_t n = losses + wins;
  // P(Y = losses) / P(X = losses) = (n + 1) / (2 (wins + 1)): no logarithm of a tiny number needed.
  if (2 * losses <= n + 1)
    return std::log(tail_over_edge(losses, n + 1) / static_cast<double>(wins + 1));
  const double missing = fair_binomial_tail(losses + 1, n + 1);
  return std::numbers::ln2 + std::log1p(-missing) - std::log(static_cast<double>(n + 1)) -
         log_fair_binomial(losses, n);
}

}  // namespace orch::score
