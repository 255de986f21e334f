#include "jobs/score/paired.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace orch::score {

namespace {

constexpr int kBisections = 200;

/// Tango's statistic of "the difference is delta": monotone, falling in delta.
double tango_statistic(double n, double losses, double wins, double delta) {
  const double numerator = wins - losses - n * delta;
  // Maximum-likelihood share of losses under the hypothesis: the larger root of 2n·q² + b·q −
  // losses·delta·(1 − delta).
  const double b = -losses - wins + (2 * n - wins + losses) * delta;
  const double c = -losses * delta * (1 - delta);
  const double root = std::sqrt(std::max(b * b - 8 * n * c, 0.0));
  // The form without cancellation.
  const double q = b <= 0 ? (root - b) / (4 * n) : (root + b > 0 ? -2 * c / (root + b) : 0.0);
  const double variance = n * (2 * q + delta * (1 - delta));
  if (variance <= 0) return numerator == 0 ? 0.0 : std::copysign(HUGE_VAL, numerator);
  return numerator / std::sqrt(variance);
}

/// The delta in [low, high] where the falling statistic crosses `target`.
double solve(double n, double losses, double wins, double low, double high, double target) {
  for (int i = 0; i < kBisections; ++i) {
    const double middle = low + (high - low) / 2;
    (tango_statistic(n, losses, wins, middle) > target ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

std::string number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value == 0 ? 0.0 : value);
  double back = 0;
  for (int digits = 1; digits < 17; ++digits) {  // the shortest that reads back the same
    char shorter[40];
    std::snprintf(shorter, sizeof shorter, "%.*g", digits, value == 0 ? 0.0 : value);
    if (std::sscanf(shorter, "%lf", &back) == 1 && back == value) return shorter;
  }
  return text;
}

}  // namespace

void PairedCounts::add(bool base_right, bool candidate_right) {
  if (base_right)
    ++(candidate_right ? both_right : losses);
  else
    ++(candidate_right ? wins : both_wrong);
}

double mcnemar_p(std::int64_t losses, std::int64_t wins) {
  const std::int64_t n = losses + wins;
  if (n == 0 || losses == 0) return 1;
  // Terms from the far end towards the near one, scaled by the largest of the sum.
  const auto log_term = [&](std::int64_t k) {
    return std::lgamma(static_cast<double>(n) + 1) - std::lgamma(static_cast<double>(k) + 1) -
           std::lgamma(static_cast<double>(n - k) + 1) - static_cast<double>(n) * std::log(2.0);
  };
  const double largest = log_term(std::max(losses, n / 2));
  double sum = 0;
  for (std::int64_t k = n; k >= losses; --k) sum += std::exp(log_term(k) - largest);
  return std::min(1.0, std::exp(largest) * sum);
}

Interval tango_interval(std::int64_t items, std::int64_t losses, std::int64_t wins,
                        double confidence) {
  if (items <= 0) return {-1, 1};
  const double n = static_cast<double>(items), b = static_cast<double>(losses),
               c = static_cast<double>(wins);
  const double z = normal_quantile(0.5 + confidence / 2), difference = (c - b) / n;
  Interval interval{-1, 1};
  if (losses < items) interval.low = solve(n, b, c, -1, difference, z);
  if (wins < items) interval.high = solve(n, b, c, difference, 1, -z);
  return interval;
}

double normal_quantile(double p) {
  // Bisection on the complementary error function: exact to the last digits, and not called in
  // loops.
  double low = -40, high = 40;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kPass:
      return "pass";
    case Verdict::kRegress:
      return "regress";
    case Verdict::kInconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

Result<Judgement> judge(const PairedCounts& counts, double margin, double alpha) {
  if (!(margin >= 0 && margin < 1))
    return invalid("margin: a fraction from 0 to below 1 is expected, as 0.02");
  if (!(alpha > 0 && alpha < 0.5))
    return invalid("alpha: a fraction between 0 and 0.5 is expected, as 0.05");
  Judgement out;
  out.items = counts.items();
  out.losses = counts.losses;
  out.wins = counts.wins;
  out.margin = margin;
  out.alpha = alpha;
  out.interval = tango_interval(out.items, out.losses, out.wins, 1 - 2 * alpha);
  out.p = mcnemar_p(out.losses, out.wins);
  if (out.items == 0) {
    out.smallest_detectable_drop = 1;
    return out;
  }
  const double n = static_cast<double>(out.items);
  const double discordant = static_cast<double>(out.losses + out.wins);
  out.base = static_cast<double>(counts.both_right + counts.losses) / n;
  out.candidate = static_cast<double>(counts.both_right + counts.wins) / n;
  out.difference = static_cast<double>(out.wins - out.losses) / n;
  const double spread = std::max(discordant - n * out.difference * out.difference, 0.0);
  const double error = std::sqrt(spread) / n;
  constexpr double kPower = 0.8;
  out.smallest_detectable_drop =
      std::min(1.0, margin + (normal_quantile(1 - alpha) + normal_quantile(kPower)) * error);
  if (out.interval.low >= -margin)
    out.verdict = Verdict::kPass;
  else if (out.interval.high < -margin)
    out.verdict = Verdict::kRegress;
  return out;
}

std::string judgement_json(const Judgement& j) {
  std::string json = std::string("{\"verdict\": \"") + verdict_name(j.verdict) + "\"";
  json += ", \"items\": " + std::to_string(j.items);
  json += ", \"base\": " + number(j.base) + ", \"candidate\": " + number(j.candidate);
  json += ", \"difference\": " + number(j.difference);
  json += ", \"interval\": [" + number(j.interval.low) + ", " + number(j.interval.high) + "]";
  json += ", \"losses\": " + std::to_string(j.losses) + ", \"wins\": " + std::to_string(j.wins);
  json += ", \"p\": " + number(j.p) + ", \"margin\": " + number(j.margin) +
          ", \"alpha\": " + number(j.alpha);
  return json + ", \"smallest_detectable_drop\": " + number(j.smallest_detectable_drop) + "}";
}

}  // namespace orch::score
