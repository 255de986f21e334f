#pragma once
// A task's references → absolute paths, from the artifacts of what it needs. Pure.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "coordinator/state.h"

namespace orch::coordinator {

struct ResolvedInputs {
  std::map<std::string, std::string> paths;  ///< by the reference's text
  std::vector<std::string> digests;          ///< of the artifacts among them, sorted, unique
};

/// Bug unless every task that this one needs has succeeded.
ResolvedInputs resolve_inputs(const State& state, const JobState& job, int index);

/// What can be known at submission: digests exist. Errors: kNotFound naming task and reference.
Result<void> check_references(const State& state, const JobPlan& plan);

/// The artifact whose digest begins with `prefix` ("sha:" allowed), or null; also null if several.
const protocol::ArtifactInfo* find_artifact(const State& state, const std::string& prefix);

}  // namespace orch::coordinator
