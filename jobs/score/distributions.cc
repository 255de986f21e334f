#include "jobs/score/distributions.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace orch::score {

namespace {

constexpr int kBisections = 200;
constexpr int kFractionTermsMax = 100'000;
constexpr double kManyDegrees = 300;

/// ln Γ(a + 1/2) − ln Γ(a): both are large where the difference is small.
double log_gamma_half_step(double a) {
  if (a < 30) return std::lgamma(a + 0.5) - std::lgamma(a);
  const double r = 1 / a, m = r * r;
  return 0.5 * std::log(a) -
         r * (1.0 / 8 - m * (1.0 / 192 - m * (1.0 / 640 - m * (17.0 / 14336 - m * 31.0 / 18432))));
}

/// I_x(a, b) for x below (a + 1) / (a + b + 2); `log_front` = ln(x^a (1 − x)^b / B(a, b)).
double incomplete_beta(double a, double b, double x, double log_front) {
  constexpr double kTiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  if (std::abs(d) < kTiny) d = kTiny;
  d = 1 / d;
  double h = d;
  for (int i = 1; i < kFractionTermsMax; ++i) {
    const double m = i, before = h;
    for (const double numerator : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                   -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + numerator * d;
      c = 1 + numerator / c;
      if (std::abs(d) < kTiny) d = kTiny;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1 / d;
      h *= d * c;
    }
    if (std::abs(h - before) <= 1e-17 * std::abs(h)) break;
  }
  return std::exp(log_front) * h / a;
}

/// The tail of Student's density, integrated: where the continued fraction loses digits.
/// Source: Takahasi and Mori 1974, doi:10.2977/prims/1195192451 (the rule for decaying integrands).
double integrated_tail(double t, double degrees) {
  const double power = (degrees + 1) / 2, base = degrees + t * t, unit = 1 / (1 + t);
  constexpr double kStep = 1.0 / 32;
  double sum = 0;
  for (int i = -160; i <= 200; ++i) {
    const double u = i * kStep, fall = std::exp(-u), s = unit * std::exp(u - fall);
    sum += std::exp(-power * std::log1p((2 * t + s) * s / base)) * s * (1 + fall);
  }
  const double log_height = log_gamma_half_step(degrees / 2) -
                            0.5 * std::log(degrees * std::numbers::pi) -
                            power * std::log1p(t * t / degrees);
  return std::exp(log_height) * sum * kStep;
}

}  // namespace

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double normal_quantile(double p) {
  // By halves to the neighbourhood, then Newton's steps. From the side where the tail keeps its
  // digits.
  if (p > 0.5) return -normal_quantile(1 - p);
  double low = -40, high = 0;
  for (int i = 0; i < 16; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  double z = (low + high) / 2;
  for (int i = 0; i < 6; ++i) {
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = density > 0 ? (normal_cdf(z) - p) / density : 0;
    z -= step;
    if (std::abs(step) <= 1e-16 * std::abs(z)) break;
  }
  return z;
}

double student_tail(double t, double degrees) {
  if (std::isinf(degrees)) return normal_cdf(-t);
  if (t < 0) return 1 - student_tail(-t, degrees);
  if (t == 0) return 0.5;
  if (std::isinf(t)) return 0;
  if (degrees > kManyDegrees) return integrated_tail(t, degrees);
  // P(|T| ≥ t) = I_x(degrees / 2, 1/2), x = degrees / (degrees + t²)
  const double a = degrees / 2, square = t * t, x = degrees / (degrees + square);
  const double y = square / (degrees + square);
  const double log_beta = 0.5 * std::log(std::numbers::pi) - log_gamma_half_step(a);
  // a ln x keeps its digits as −a ln(1 + t² / degrees).
  const double log_front = -a * std::log1p(square / degrees) + 0.5 * std::log(y) - log_beta;
  if (x < (a + 1) / (a + 2.5)) return 0.5 * incomplete_beta(a, 0.5, x, log_front);
  return 0.5 - 0.5 * incomplete_beta(0.5, a, y, log_front);
}

double student_upper(double tail, double degrees) {
  if (std::isinf(degrees)) return -normal_quantile(tail);
  double low = 0, high = 1;
  while (student_tail(high, degrees) > tail && high < 1e300) high = 2 * high;
  const double log_height =
      log_gamma_half_step(degrees / 2) - 0.5 * std::log(degrees * std::numbers::pi);
  // Newton's step on ln tail, by halves where it leaves the bracket.
  double t = low + (high - low) / 2;
  for (int i = 0; i < kBisections; ++i) {
    const double found = student_tail(t, degrees);
    (found > tail ? low : high) = t;
    const double density = std::exp(log_height - (degrees + 1) / 2 * std::log1p(t * t / degrees));
    double next = t + std::log(found / tail) * found / density;
    if (!(next > low && next < high)) next = low + (high - low) / 2;
    if (std::abs(next - t) <= 4e-16 * t || next == low || next == high) return next;
    t = next;
  }
  return t;
}

}  // namespace orch::score
