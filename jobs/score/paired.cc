#include "jobs/score/paired.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace orch::score {

namespace {

constexpr int kIntervalBisections = 200;
constexpr double kPower = 0.8;
/// Beyond this no benchmark is called settling.
constexpr double kItemsToSettleMax = 1e12;
constexpr double kSmallestP = 1e-300;

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
  for (int i = 0; i < kIntervalBisections; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (tango_statistic(n, losses, wins, middle) > target ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

/// One of Tango's limits. Counts may be fractions: a set that is thought to go on as it began.
double tango_limit(double n, double losses, double wins, double z, bool lower) {
  if (n <= 0 || (lower ? losses : wins) >= n) return lower ? -1 : 1;
  const double difference = (wins - losses) / n;
  return lower ? solve(n, losses, wins, -1, difference, z)
               : solve(n, losses, wins, difference, 1, -z);
}

/// Sum of many terms with the error of one addition. Source: Neumaier 1974, ZAMM 54:39-51.
class CarefulSum {
 public:
  void add(double value) {
    const double sum = sum_ + value;
    rest_ += std::abs(sum_) >= std::abs(value) ? (sum_ - sum) + value : (value - sum) + sum_;
    sum_ = sum;
  }
  double value() const { return sum_ + rest_; }

 private:
  double sum_ = 0, rest_ = 0;
};

/// n times the variance of a binary difference.
double binary_spread(const Effect& e) {
  const double n = static_cast<double>(e.items);
  return std::max(static_cast<double>(e.losses + e.wins) - n * e.difference * e.difference, 0.0);
}

/// How much clusters stretch the variance of the mean.
double variance_ratio(const Effect& e) {
  if (e.clusters == 0) return 1;
  const double n = static_cast<double>(e.items), independent = e.variance / n;
  return independent > 0 ? std::max(1.0, e.cluster_variance / independent) : 1;
}

/// Half-widths in units of one standard error: of the items, and of the checkpoints.
struct Reach {
  double items = 0, checkpoints = 0;
};
Reach reach_of(const Effect& e, const CheckpointNoise& noise, double alpha) {
  double degrees = e.binary || e.items < 2 ? HUGE_VAL : static_cast<double>(e.items - 1);
  if (e.clusters > 0) degrees = static_cast<double>(e.clusters - 1);
  return {student_upper(alpha, degrees),
          noise.checkpoints > 1 ? student_upper(alpha, noise.checkpoints - 1) : 0};
}

/// Limits for a set `scale` times as large. `z`: what Tango's limits take; `reach`: what the items'
/// spread is multiplied by in its place.
double limit(const Effect& e, const CheckpointNoise& noise, double scale, double z, Reach reach,
             bool lower) {
  const double n = static_cast<double>(e.items) * scale;
  double half = 0;
  if (e.binary) {
    const double end = tango_limit(n, static_cast<double>(e.losses) * scale,
                                   static_cast<double>(e.wins) * scale, z, lower);
    if (e.clusters == 0 && noise.checkpoints < 2) return end;
    half = lower ? e.difference - end : end - e.difference;
    half *= std::sqrt(variance_ratio(e)) * (z > 0 ? reach.items / z : 1);
  } else {
    // One item shows no spread: any difference is possible.
    half = e.items < 2 ? HUGE_VAL : reach.items * std::sqrt(e.variance / n * variance_ratio(e));
  }
  half = std::hypot(half, reach.checkpoints * std::sqrt(2 * noise.score_variance));
  const double end = lower ? e.difference - half : e.difference + half;
  return e.binary ? std::clamp(end, -1.0, 1.0) : end;
}

bool decided(const Effect& e, const CheckpointNoise& noise, double margin, double scale, double z,
             Reach reach) {
  return limit(e, noise, scale, z, reach, true) >= -margin ||
         limit(e, noise, scale, z, reach, false) < -margin;
}

/// The smallest error probability in [kSmallestP, 1/2] that decides; 1 where none does.
template <typename Decides>
double smallest_p(const Decides& decides) {
  if (!decides(0.5)) return 1;
  double low = std::log(kSmallestP), high = std::log(0.5);
  if (decides(kSmallestP)) return 0;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (decides(std::exp(middle)) ? high : low) = middle;
  }
  return std::exp(high);
}

/// One-sided p of "any drop".
double drop_p(const Effect& e) {
  if (e.binary) return mcnemar_p(e.losses, e.wins);
  if (e.items < 2) return 1;
  if (e.variance == 0) return e.difference < 0 ? 0 : 1;
  const double n = static_cast<double>(e.items);
  return student_tail(-e.difference / std::sqrt(e.variance / n), n - 1);
}

Result<void> check(const Effect& e, double margin, double alpha) {
  if (!(margin >= 0 && (margin < 1 || (!e.binary && std::isfinite(margin)))))
    return invalid("margin: a fraction from 0 to below 1 is expected, as 0.02");
  if (!(alpha > 0 && alpha < 0.5))
    return invalid("alpha: a fraction between 0 and 0.5 is expected, as 0.05");
  if (e.clusters == 1)
    return invalid("all items are of one cluster: their spread between clusters cannot be seen");
  return {};
}

}  // namespace

void PairedCounts::add(bool base_right, bool candidate_right) {
  if (base_right)
    ++(candidate_right ? both_right : losses);
  else
    ++(candidate_right ? wins : both_wrong);
}

Interval tango_interval(std::int64_t items, std::int64_t losses, std::int64_t wins,
                        double confidence) {
  const double z = -normal_quantile((1 - confidence) / 2);
  const double n = static_cast<double>(items), b = static_cast<double>(losses),
               c = static_cast<double>(wins);
  return {tango_limit(n, b, c, z, true), tango_limit(n, b, c, z, false)};
}

Effect effect_of(const PairedCounts& counts) {
  Effect e;
  e.items = counts.items();
  e.losses = counts.losses;
  e.wins = counts.wins;
  if (e.items == 0) return e;
  const double n = static_cast<double>(e.items);
  e.base = static_cast<double>(counts.both_right + counts.losses) / n;
  e.candidate = static_cast<double>(counts.both_right + counts.wins) / n;
  e.difference = static_cast<double>(e.wins - e.losses) / n;
  if (e.items > 1) e.variance = binary_spread(e) / (n - 1);
  return e;
}

Effect effect_of(const std::vector<PairedValues>& items, bool clustered) {
  PairedCounts counts;
  bool binary = true;
  CarefulSum base, candidate, differences;
  std::int64_t losses = 0, wins = 0;
  for (const PairedValues& item : items) {
    binary = binary && (item.base == 0 || item.base == 1) &&
             (item.candidate == 0 || item.candidate == 1);
    counts.add(item.base == 1, item.candidate == 1);
    base.add(item.base);
    candidate.add(item.candidate);
    differences.add(item.candidate - item.base);
    losses += item.candidate < item.base;
    wins += item.candidate > item.base;
  }
  Effect e = effect_of(counts);
  e.binary = binary;
  if (items.empty()) return e;
  const double n = static_cast<double>(items.size());
  if (!binary) {
    e.losses = losses;
    e.wins = wins;
    e.base = base.value() / n;
    e.candidate = candidate.value() / n;
    e.difference = differences.value() / n;
    CarefulSum squares;
    for (const PairedValues& item : items) {
      const double gap = item.candidate - item.base - e.difference;
      squares.add(gap * gap);
    }
    e.variance = items.size() > 1 ? squares.value() / (n - 1) : 0;
  }
  if (!clustered) return e;
  std::unordered_map<std::uint64_t, std::size_t> places;
  std::vector<CarefulSum> sums;
  for (const PairedValues& item : items) {
    const auto [place, fresh] = places.try_emplace(item.cluster, sums.size());
    if (fresh) sums.emplace_back();
    sums[place->second].add(item.candidate - item.base - e.difference);
  }
  CarefulSum squares;
  for (const CarefulSum& sum : sums) squares.add(sum.value() * sum.value());
  const double groups = static_cast<double>(sums.size());
  e.clusters = static_cast<std::int64_t>(sums.size());
  e.cluster_variance = groups > 1 ? squares.value() / n / n * groups / (groups - 1) : 0;
  return e;
}

CheckpointNoise checkpoint_noise(const std::vector<double>& scores) {
  CheckpointNoise noise;
  noise.checkpoints = static_cast<int>(scores.size());
  if (scores.size() < 2) return noise;
  const double n = static_cast<double>(scores.size());
  double mean = 0, squares = 0;
  for (const double score : scores) mean += score / n;
  for (const double score : scores) squares += (score - mean) * (score - mean);
  noise.score_variance = squares / (n - 1);
  return noise;
}

Interval effect_interval(const Effect& effect, const CheckpointNoise& noise, double alpha_low,
                         double alpha_high) {
  if (effect.items == 0) return {-1, 1};
  return {limit(effect, noise, 1, -normal_quantile(alpha_low), reach_of(effect, noise, alpha_low),
                true),
          limit(effect, noise, 1, -normal_quantile(alpha_high), reach_of(effect, noise, alpha_high),
                false)};
}

MarginP margin_p(const Effect& effect, const CheckpointNoise& noise, double margin) {
  if (effect.items == 0) return {};
  if (effect.binary && effect.clusters == 0 && noise.checkpoints < 2) {
    // The limit that lies on the margin is the one whose quantile is the statistic there.
    const double z =
        tango_statistic(static_cast<double>(effect.items), static_cast<double>(effect.losses),
                        static_cast<double>(effect.wins), -margin);
    return {z >= 0 ? normal_cdf(-z) : 1, z < 0 ? normal_cdf(z) : 1};
  }
  const auto end = [&](double alpha, bool lower) {
    return limit(effect, noise, 1, -normal_quantile(alpha), reach_of(effect, noise, alpha), lower);
  };
  return {smallest_p([&](double alpha) { return end(alpha, true) >= -margin; }),
          smallest_p([&](double alpha) { return end(alpha, false) < -margin; })};
}

std::optional<std::int64_t> items_to_settle(const Effect& e, const CheckpointNoise& noise,
                                            double margin, double alpha) {
  if (e.items == 0 || (!e.binary && e.items < 2)) return std::nullopt;
  const double power = normal_quantile(kPower);
  Reach reach = reach_of(e, noise, alpha);
  reach.items += power;
  if (noise.checkpoints > 1) reach.checkpoints += power;
  const double z = power - normal_quantile(alpha), n = static_cast<double>(e.items);
  const auto settles = [&](double items) { return decided(e, noise, margin, items / n, z, reach); };
  double low = n, high = n;
  while (!settles(high)) {
    low = high;
    high *= 2;
    if (high > kItemsToSettleMax) return std::nullopt;
  }
  while (high - low > 1) {
    const double middle = std::floor((low + high) / 2);
    (settles(middle) ? high : low) = middle;
  }
  return static_cast<std::int64_t>(std::ceil(high));
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

Verdict verdict_of(const Interval& interval, double margin) {
  if (interval.low >= -margin) return Verdict::kPass;
  return interval.high < -margin ? Verdict::kRegress : Verdict::kInconclusive;
}

Result<Judgement> judge(const Effect& effect, const CheckpointNoise& noise, double margin,
                        double alpha) {
  ORCH_TRY(check(effect, margin, alpha));
  Judgement out;
  out.items = effect.items;
  out.losses = effect.losses;
  out.wins = effect.wins;
  out.base = effect.base;
  out.candidate = effect.candidate;
  out.difference = effect.difference;
  out.margin = margin;
  out.alpha = alpha;
  out.p = drop_p(effect);
  out.interval = effect_interval(effect, noise, alpha, alpha);
  if (effect.items == 0) {
    out.smallest_detectable_drop = 1;
    return out;
  }
  const double n = static_cast<double>(effect.items);
  const double spread = effect.binary ? binary_spread(effect) / n : effect.variance;
  const double error = std::sqrt(spread / n * variance_ratio(effect) +
                                 (noise.checkpoints > 1 ? 2 * noise.score_variance : 0));
  const double drop = margin + (normal_quantile(1 - alpha) + normal_quantile(kPower)) * error;
  out.smallest_detectable_drop = effect.binary ? std::min(1.0, drop) : drop;
  out.verdict = verdict_of(out.interval, margin);
  if (out.verdict == Verdict::kInconclusive)
    out.items_to_settle = items_to_settle(effect, noise, margin, alpha);
  return out;
}

Result<Judgement> judge(const PairedCounts& counts, double margin, double alpha) {
  return judge(effect_of(counts), {}, margin, alpha);
}

std::string verdict_number(double value) {
  constexpr double kLargest = std::numeric_limits<double>::max();
  char text[40];
  const double finite = value == 0 ? 0.0 : std::clamp(value, -kLargest, kLargest);
  return {text, std::to_chars(text, text + sizeof text, finite).ptr};
}

std::string judgement_json(const Judgement& j, std::string_view more) {
  const auto number = verdict_number;
  std::string json = std::string("{\"verdict\": \"") + verdict_name(j.verdict) + "\"";
  json += ", \"items\": " + std::to_string(j.items);
  const Interval interval = j.own(j.interval);
  json += ", \"base\": " + number(j.own(j.base)) + ", \"candidate\": " + number(j.own(j.candidate));
  json += ", \"difference\": " + number(j.own(j.difference));
  json += ", \"interval\": [" + number(interval.low) + ", " + number(interval.high) + "]";
  json += ", \"losses\": " + std::to_string(j.losses) + ", \"wins\": " + std::to_string(j.wins);
  json += ", \"p\": " + number(j.p) + ", \"margin\": " + number(j.margin) +
          ", \"alpha\": " + number(j.alpha);
  json += ", \"smallest_detectable_drop\": " + number(j.smallest_detectable_drop);
  if (j.verdict == Verdict::kInconclusive)
    json += ", \"items_to_settle\": " +
            (j.items_to_settle ? std::to_string(*j.items_to_settle) : std::string("null"));
  if (j.lower_is_better) json += ", \"higher_is_better\": false";
  return json + std::string(more) + "}";
}

}  // namespace orch::score
