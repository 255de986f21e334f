#pragma once
// Did the candidate forget? Statistics on paired right/wrong answers and the three verdicts (DESIGN
// §7). Pure.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace orch::score {

/// One item: was the base right, was the candidate right.
struct PairedCounts {
  std::int64_t both_right = 0;
  std::int64_t losses = 0;  ///< base right, candidate wrong
  std::int64_t wins = 0;    ///< base wrong, candidate right
  std::int64_t both_wrong = 0;
  std::int64_t items() const { return both_right + losses + wins + both_wrong; }
  void add(bool base_right, bool candidate_right);
};

struct Interval {
  double low = 0, high = 0;
};

/// Exact one-sided McNemar p of "any drop": P(X ≥ losses), X ~ Bin(losses + wins, 1/2); 1 with no
/// discordant pair. Source: McNemar 1947, doi:10.1007/BF02295996.
double mcnemar_p(std::int64_t losses, std::int64_t wins);

/// Score interval for (wins − losses) / items. `confidence` e.g. 0.90, two-sided.
/// Source: Tango 1998, Statistics in Medicine 17:891-908, eq. 2-4.
Interval tango_interval(std::int64_t items, std::int64_t losses, std::int64_t wins,
                        double confidence);

/// Quantile of the standard normal distribution, 0 < p < 1.
double normal_quantile(double p);

enum class Verdict : unsigned char { kPass, kRegress, kInconclusive };
/// "pass", "regress", "inconclusive"
const char* verdict_name(Verdict verdict);

/// CONTRACT §5 "Verdict". Accuracies and differences are fractions, never NaN.
struct Judgement {
  Verdict verdict = Verdict::kInconclusive;
  std::int64_t items = 0, losses = 0, wins = 0;
  double base = 0, candidate = 0, difference = 0;
  Interval interval;
  double p = 1, margin = 0, alpha = 0, smallest_detectable_drop = 0;
};

/// pass: lower end ≥ −margin; regress: upper end < −margin; else inconclusive. No items:
/// inconclusive. Errors: kInvalid: margin not in [0, 1), alpha not in (0, 0.5).
Result<Judgement> judge(const PairedCounts& counts, double margin, double alpha);

/// One JSON object with the keys of CONTRACT §5, without a newline.
std::string judgement_json(const Judgement& judgement);

}  // namespace orch::score
