#pragma once
// Did the candidate forget? Statistics on paired answers and the three verdicts (DESIGN §7). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/score/binomial.h"
#include "jobs/score/distributions.h"

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

/// Score interval for (wins − losses) / items. `confidence` e.g. 0.90, two-sided.
/// Source: Tango 1998, Statistics in Medicine 17:891-908, eq. 2-4.
Interval tango_interval(std::int64_t items, std::int64_t losses, std::int64_t wins,
                        double confidence);

/// The paired difference, candidate − base, over a set of items.
struct Effect {
  bool binary = true;                              ///< every value is 0 or 1
  std::int64_t items = 0, losses = 0, wins = 0;    ///< losses: items whose value fell
  double base = 0, candidate = 0, difference = 0;  ///< means
  double variance = 0;          ///< of one item's difference, with n − 1; 0 below two items
  std::int64_t clusters = 0;    ///< 0: items are independent
  double cluster_variance = 0;  ///< of the mean difference; only with clusters
};
Effect effect_of(const PairedCounts& counts);

/// Two values of one item, and the passage, subject, … that it shares with others.
struct PairedValues {
  double base = 0, candidate = 0;
  std::uint64_t cluster = 0;
};
/// `clustered`: cluster-robust variance of the mean, Σ_g (Σ_{i in g} (d_i − d̄))² / n² · G / (G −
/// 1). Source: Liang and Zeger 1986, doi:10.1093/biomet/73.1.13.
Effect effect_of(const std::vector<PairedValues>& items, bool clustered);

/// What training alone moves a score by: the difference of two checkpoints of a stable stretch has
/// twice the variance of their scores.
struct CheckpointNoise {
  int checkpoints = 0;        ///< 0: not known
  double score_variance = 0;  ///< of the checkpoints' scores, with checkpoints − 1
};
CheckpointNoise checkpoint_noise(const std::vector<double>& scores);

/// One-sided confidence limits on the difference, each with its own error probability (≤ 1/2).
/// Binary: Tango's; else paired t. Clusters stretch it by √(cluster-robust / independent variance),
/// never below 1, and by Student's quantile with clusters − 1 degrees; checkpoint noise adds its
/// own squared half-width, with checkpoints − 1 degrees. Binary limits stay within [−1, 1].
Interval effect_interval(const Effect& effect, const CheckpointNoise& noise, double alpha_low,
                         double alpha_high);

/// Smallest error probability at which the lower limit reaches −margin (it passes) and at which the
/// upper limit falls below it (it regressed); 1 where not even 1/2 does.
struct MarginP {
  double pass = 1, regress = 1;
};
MarginP margin_p(const Effect& effect, const CheckpointNoise& noise, double margin);

/// Items that decide with a chance of 80 % where all goes on as in this set; none where no number
/// below 10^12 does.
std::optional<std::int64_t> items_to_settle(const Effect& effect, const CheckpointNoise& noise,
                                            double margin, double alpha);

enum class Verdict : unsigned char { kPass, kRegress, kInconclusive };
/// "pass", "regress", "inconclusive"
const char* verdict_name(Verdict verdict);
/// pass: lower end ≥ −margin; regress: upper end < −margin; else inconclusive.
Verdict verdict_of(const Interval& interval, double margin);

/// CONTRACT §5 "Verdict". Accuracies and differences are fractions, never NaN. Of a metric that is
/// better when smaller all values stand here with the sign turned, so that a fall is always a loss;
/// what is written out has its own sign again.
struct Judgement {
  Verdict verdict = Verdict::kInconclusive;
  std::int64_t items = 0, losses = 0, wins = 0;
  double base = 0, candidate = 0, difference = 0;
  Interval interval;
  double p = 1, margin = 0, alpha = 0, smallest_detectable_drop = 0;
  std::optional<std::int64_t> items_to_settle;  ///< only where inconclusive
  bool lower_is_better = false;

  /// A value, a difference or an interval with the sign that the metric has.
  double own(double value) const { return lower_is_better ? 0 - value : value; }
  Interval own(const Interval& i) const {
    return lower_is_better ? Interval{0 - i.high, 0 - i.low} : i;
  }
};

/// No items: inconclusive.
/// Errors: kInvalid: margin not in [0, 1) (any from 0 for values that are not 0 or 1), alpha not in
/// (0, 0.5), all items of one cluster.
Result<Judgement> judge(const Effect& effect, const CheckpointNoise& noise, double margin,
                        double alpha);
Result<Judgement> judge(const PairedCounts& counts, double margin, double alpha);

/// The shortest text that reads back the same; an infinity as the largest number, NaN never.
std::string verdict_number(double value);
/// One JSON object with the keys of CONTRACT §5, `items_to_settle` where inconclusive (null: no
/// number settles it), "higher_is_better": false where it is not, and then `more` (", \"key\":
/// value…"), without a newline.
std::string judgement_json(const Judgement& judgement, std::string_view more = {});

}  // namespace orch::score
