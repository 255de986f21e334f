#pragma once
// Many subjects at once: corrections, and the table that is not 57 naked tests. Pure.

#include <string>
#include <vector>

#include "jobs/score/paired.h"

namespace orch::score {

/// Holm's step-down levels: hypothesis i is rejected iff p[i] ≤ levels[i]; the chance of any false
/// rejection is ≤ alpha under every dependence. Levels are what each p was compared with; those
/// after the first that was not rejected have its level.
/// Source: Holm 1979, Scandinavian Journal of Statistics 6:65-70.
std::vector<double> holm_levels(const std::vector<double>& p, double alpha);

/// Which hypotheses e-BH rejects: the share of false ones among them is ≤ alpha in the mean, under
/// every dependence. `log_e`: natural logarithms of E-values.
/// Source: Wang and Ramdas 2022, doi:10.1111/rssb.12489.
std::vector<bool> e_bh(const std::vector<double>& log_e, double alpha);

/// Effects drawn towards their common mean, each by how little it knows.
struct Shrinkage {
  double mean = 0;                 ///< of the effects, weighted
  double between = 0;              ///< variance between subjects that is not item noise
  std::vector<double> effects;     ///< the shrunken ones
  std::vector<double> deviations;  ///< their standard deviations, `between` taken as known
};
/// `variances` > 0: of each effect's estimate.
/// Source: DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2.
Shrinkage shrink(const std::vector<double>& effects, const std::vector<double>& variances);

/// Variance of an effect's estimate that is positive also where nothing changed: half a loss and
/// half a win more.
double shrinkage_variance(const Effect& effect);

/// One subject of several. Its verdict is the rule of DESIGN §7 on `corrected`, the interval at the
/// levels that Holm left to it; `judgement.interval` is the one at alpha.
struct SubjectVerdict {
  std::string name;
  Judgement judgement;
  Interval corrected;
  double level_pass = 0, level_regress = 0;  ///< Holm's
  MarginP margin_p;
  bool any_drop = false;  ///< e-BH: it dropped, by however little
  double shrunken = 0, shrunken_deviation = 0;
};
struct Subject {
  std::string name;
  Effect effect;  ///< signs turned where lower is better
  CheckpointNoise noise = {};
  bool lower_is_better = false;
};
/// Two families, each at alpha: "all that pass do pass", "all that regressed did".
/// Errors: as judge(), with the subject's name.
Result<std::vector<SubjectVerdict>> judge_together(const std::vector<Subject>& subjects,
                                                   double margin, double alpha);

/// judgement_json() with what the correction found: "corrected_interval", "p_pass", "p_regress",
/// "level_pass", "level_regress", "any_drop", "shrunken", "shrunken_deviation".
std::string subject_json(const SubjectVerdict& verdict);

}  // namespace orch::score
