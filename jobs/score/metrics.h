#pragma once
// The table of metrics: every name that --metrics takes, and what computes it. Thread: any.

#include <memory>
#include <string>
#include <vector>

#include "jobs/score/metric.h"

namespace orch::score {

struct MetricOptions {
  std::uint32_t seed = 1234;  ///< of the bootstrap
  std::string tokenizer;      ///< of sacreBLEU: "" is by language
};

/// The objects that compute `names`, each family once.
/// Errors: kInvalid: an unknown name, with the nearest one.
Result<std::vector<std::unique_ptr<Metric>>> make_metrics(const std::vector<std::string>& names,
                                                          const MetricOptions& options);

/// Names for people, one a line, with what each computes.
std::string metrics_listing();

}  // namespace orch::score
