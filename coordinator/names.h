#pragma once
// What people type → ids: JOB is a number or a name (then the newest of it), JOB/TASK. Pure.

#include <optional>
#include <string>

#include "base/result.h"
#include "coordinator/state.h"

namespace orch::coordinator {

struct Named {
  JobId job;
  std::string task;         ///< "" for the whole job
  std::optional<int> rank;  ///< JOB/TASK/RANK
};

/// Errors: kNotFound with the nearest existing name; kInvalid for a malformed one.
Result<Named> resolve_name(const State& state, const std::string& name);

}  // namespace orch::coordinator
