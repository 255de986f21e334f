#pragma once
// Lines {"id": …, "prediction": …, "references": […]} of a file to score, one at a time, in bounded
// memory. Thread: one.

#include <functional>
#include <string>

#include "base/result.h"
#include "jobs/score/metric.h"

namespace orch::score {

/// Calls `take` for each line in order; its error, too, gets file and line in front.
/// Keys beside the three: "choices", "language", "points", "log_likelihood", "bytes", "tokens",
/// "checked", and "task" or "task_id". Other keys are left alone.
/// Errors: kNotFound; kInvalid with file and line: no JSON object, a missing key, a wrong type, an
/// answer of another kind than the first line's, a lone surrogate, a file without a row.
Result<void> read_rows(const std::string& path,
                       const std::function<Result<void>(const Row& row)>& take);

}  // namespace orch::score
