#include "jobs/score/families.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace orch::score {

namespace {

/// Of items that all moved alike, so that their weight is finite.
constexpr double kSmallestVariance = 1e-12;

/// Places of the values, smallest first; ties in their order.
std::vector<std::size_t> ascending(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  return order;
}

}  // namespace

std::vector<double> holm_levels(const std::vector<double>& p, double alpha) {
  std::vector<double> levels(p.size());
  double level = 0;
  bool rejecting = true;
  std::size_t left = p.size();
  for (const std::size_t i : ascending(p)) {
    if (rejecting) level = alpha / static_cast<double>(left--);
    levels[i] = level;
    rejecting = rejecting && p[i] <= level;
  }
  return levels;
}

std::vector<bool> e_bh(const std::vector<double>& log_e, double alpha) {
  std::vector<bool> rejected(log_e.size(), false);
  std::vector<std::size_t> order = ascending(log_e);
  std::reverse(order.begin(), order.end());
  const double all = static_cast<double>(log_e.size());
  std::size_t count = 0;
  for (std::size_t k = 1; k <= order.size(); ++k)
    if (log_e[order[k - 1]] >= std::log(all / (static_cast<double>(k) * alpha))) count = k;
  for (std::size_t k = 0; k < count; ++k) rejected[order[k]] = true;
  return rejected;
}

Shrinkage shrink(const std::vector<double>& effects, const std::vector<double>& variances) {
  Shrinkage out;
  double weights = 0, pairs = 0, mean = 0, spread = 0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    pairs += weights / variances[i];  // w_i w_j over all pairs: (W² − Σ w²) / 2, not cancelled
    weights += 1 / variances[i];
    mean += effects[i] / variances[i];
  }
  if (effects.empty()) return out;
  mean /= weights;
  for (std::size_t i = 0; i < effects.size(); ++i)
    spread += (effects[i] - mean) * (effects[i] - mean) / variances[i];
  const double freedom = static_cast<double>(effects.size()) - 1;
  if (freedom > 0) out.between = std::max(0.0, (spread - freedom) * weights / (2 * pairs));
  weights = mean = 0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    weights += 1 / (variances[i] + out.between);
    mean += effects[i] / (variances[i] + out.between);
  }
  out.mean = mean / weights;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const double own = out.between / (out.between + variances[i]);
    out.effects.push_back(own * effects[i] + (1 - own) * out.mean);
    out.deviations.push_back(std::sqrt(own * variances[i] + (1 - own) * (1 - own) / weights));
  }
  return out;
}

double shrinkage_variance(const Effect& e) {
  const double n = static_cast<double>(e.items);
  const double losses = (static_cast<double>(e.losses) + 0.5) / (n + 1);
  const double wins = (static_cast<double>(e.wins) + 0.5) / (n + 1);
  const double change = wins - losses;
  const double alone = e.binary ? (losses + wins - change * change) / n : e.variance / n;
  return std::max({alone, e.cluster_variance, kSmallestVariance});
}

Result<std::vector<SubjectVerdict>> judge_together(const std::vector<Subject>& subjects,
                                                   double margin, double alpha) {
  std::vector<SubjectVerdict> out;
  std::vector<double> pass, regress, log_e, effects, variances;
  for (const Subject& subject : subjects) {
    auto judged = judge(subject.effect, subject.noise, margin, alpha);
    if (!judged.ok())
      return Error{judged.error().code, subject.name + ": " + judged.error().message,
                   judged.error().hint};
    SubjectVerdict verdict;
    verdict.name = subject.name;
    verdict.judgement = *judged;
    verdict.judgement.lower_is_better = subject.lower_is_better;
    verdict.margin_p = margin_p(subject.effect, subject.noise, margin);
    pass.push_back(verdict.margin_p.pass);
    regress.push_back(verdict.margin_p.regress);
    log_e.push_back(log_bet_against_fair(subject.effect.losses, subject.effect.wins));
    effects.push_back(subject.effect.difference);
    variances.push_back(shrinkage_variance(subject.effect));
    out.push_back(std::move(verdict));
  }
  const std::vector<double> pass_levels = holm_levels(pass, alpha);
  const std::vector<double> regress_levels = holm_levels(regress, alpha);
  const std::vector<bool> dropped = e_bh(log_e, alpha);
  const Shrinkage shrunken = shrink(effects, variances);
  for (std::size_t i = 0; i < out.size(); ++i) {
    SubjectVerdict& verdict = out[i];
    verdict.level_pass = pass_levels[i];
    verdict.level_regress = regress_levels[i];
    verdict.corrected =
        effect_interval(subjects[i].effect, subjects[i].noise, pass_levels[i], regress_levels[i]);
    verdict.judgement.verdict = verdict_of(verdict.corrected, margin);
    verdict.any_drop = dropped[i];
    verdict.shrunken = shrunken.effects[i];
    verdict.shrunken_deviation = shrunken.deviations[i];
    verdict.judgement.items_to_settle.reset();
    if (verdict.judgement.verdict == Verdict::kInconclusive)
      verdict.judgement.items_to_settle =
          items_to_settle(subjects[i].effect, subjects[i].noise, margin,
                          std::min(verdict.level_pass, verdict.level_regress));
  }
  return out;
}

std::string subject_json(const SubjectVerdict& v) {
  const auto number = verdict_number;
  const Interval corrected = v.judgement.own(v.corrected);
  return judgement_json(
      v.judgement, ", \"corrected_interval\": [" + number(corrected.low) + ", " +
                       number(corrected.high) + "], \"p_pass\": " + number(v.margin_p.pass) +
                       ", \"p_regress\": " + number(v.margin_p.regress) + ", \"level_pass\": " +
                       number(v.level_pass) + ", \"level_regress\": " + number(v.level_regress) +
                       ", \"any_drop\": " + (v.any_drop ? "true" : "false") +
                       ", \"shrunken\": " + number(v.judgement.own(v.shrunken)) +
                       ", \"shrunken_deviation\": " + number(v.shrunken_deviation));
}

}  // namespace orch::score
