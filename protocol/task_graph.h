#pragma once
// The DAG of a job's tasks: order, ancestors, dependents. Pure functions over a parsed JobSpec; any
// thread.

#include <string>
#include <vector>

#include "protocol/spec.h"

namespace orch::protocol {

/// Task names so that each stands after all that it needs; among free ones the order of the file.
/// Tasks on a cycle are left out, and needs that name no task are ignored (parse_spec refuses
/// both).
std::vector<std::string> topological_order(const JobSpec& job);

/// One cycle as "a", "b", "a"; empty if there is none. The same one for the same job.
std::vector<std::string> find_cycle(const JobSpec& job);

/// Tasks that need `task`, directly or not, in the order of the file; without itself.
std::vector<std::string> dependents_of(const JobSpec& job, const std::string& task);

/// Tasks that `task` needs, directly or not, in topological order; without itself.
std::vector<std::string> ancestors_of(const JobSpec& job, const std::string& task);

}  // namespace orch::protocol
