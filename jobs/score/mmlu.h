#pragma once
// MMLU as its CSV files have it: test/SUBJECT_test.csv and dev/SUBJECT_dev.csv, four choices, with
// or without a header line, the answer as a letter or an index. Thread: any.

#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/suites.h"

namespace orch::score {

/// A folder: one suite a subject, "mmlu_anatomy", in order of names; shots come from dev/. A file:
/// one suite without shots, named as the request.  Source: lm-evaluation-harness 0.4, task mmlu,
/// version 1.0.
Result<std::vector<Suite>> load_mmlu(const SuiteRequest& request);

}  // namespace orch::score
