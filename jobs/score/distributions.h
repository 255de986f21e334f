#pragma once
// The normal and Student's distribution, to the last digits. Pure.

namespace orch::score {

/// P(Z ≤ x), also far in the tails.
double normal_cdf(double x);

/// Quantile of the standard normal distribution, 0 < p < 1.
double normal_quantile(double p);

/// P(T ≥ t), T with `degrees` > 0 of freedom; infinite degrees are the normal distribution.
/// Source: Abramowitz and Stegun 26.7.1, with the continued fraction 26.5.8.
double student_tail(double t, double degrees);

/// The t that P(T ≥ t) = `tail` has, 0 < tail ≤ 1/2.
double student_upper(double tail, double degrees);

}  // namespace orch::score
