#pragma once
// `orch-tool compare`: two evaluations of the same items, to a verdict with everything that it
// rests on; as JSON, and in words. Thread: starts one of its own while it reads.

#include <optional>
#include <string>
#include <vector>

#include "jobs/score/families.h"
#include "jobs/score/sample_set.h"
#include "jobs/score/sequential.h"

namespace orch::score {

struct ComparisonRequest {
  std::string base, candidate;         ///< samples files, or folders of them
  std::vector<std::string> baselines;  ///< other checkpoints of the base's stable stretch
  SampleQuery query;
  bool lower_is_better = false;  ///< said by the caller; else the metric's name says it
  double margin = 0.02, alpha = 0.05;
  bool sequential = false;
  std::uint64_t seed = 0;  ///< order of items; bootstrap
  int resamples = 2000;    ///< bootstrap, only where values are not 0 or 1
};

struct Comparison {
  std::string base, candidate, metric;
  /// Of all items. Where lower is better, signs are turned here and below, and written as they are.
  Effect effect;
  CheckpointNoise noise;
  Judgement judgement;
  bool filters_clustered = false;  ///< an item under several filters counts as one cluster
  std::optional<Interval> bootstrap;
  std::vector<SubjectVerdict> subjects;  ///< where there are several
  Shrinkage shrinkage;
  std::optional<SequentialResult> sequential;
  std::uint64_t seed = 0;
};

/// Errors: as read_pairs() and judge().
Result<Comparison> compare(const ComparisonRequest& request);

/// One line: judgement_json() and "metric", "method", then what there is of "clusters",
/// "checkpoint_noise", "bootstrap", "sequential", "subjects".
std::string comparison_json(const Comparison& comparison);

/// For people: the figures, the verdict, what may be concluded and what may not, the subjects.
std::string comparison_table(const Comparison& comparison);

/// The verdicts of the forgetting task: one a file of both folders, corrected together where there
/// are several; a rise counts as a loss where the metric is better when smaller. `baselines`:
/// folders of other checkpoints of the base's stable stretch. `suites`: names of
/// samples_<suite>.jsonl. Errors: as read_pairs() and judge().
Result<std::vector<SubjectVerdict>> compare_suites(const std::string& base,
                                                   const std::string& candidate,
                                                   const std::vector<std::string>& baselines,
                                                   const std::vector<std::string>& suites,
                                                   double margin, double alpha);

}  // namespace orch::score
