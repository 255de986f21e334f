#pragma once
// Which metrics are better when they are smaller. The verdict's words and signs follow. Pure.

#include <string>

#include "base/result.h"

namespace orch::score {

/// Perplexities, bits per byte, losses and error rates; "bits_per_byte,none" too. What is not known
/// is better when it is larger.
/// Source: lm-evaluation-harness 0.4 lm_eval/api/metrics.py, higher_is_better of each metric.
bool lower_is_better(const std::string& metric);

/// The same for "acc, exact_match", the metrics of several tasks.
/// Errors: kInvalid: they point in different directions.
Result<bool> all_lower_is_better(const std::string& metrics);

}  // namespace orch::score
