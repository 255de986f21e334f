#pragma once
// Processes of an earlier life of this worker. Every rank, keeper and host was executed with
// ORCH_HOME, ORCH_WORKER and ORCH_ATTEMPT in its environment; only those that carry this home and
// this name are touched.

#include <string>
#include <vector>

#include "base/clock.h"

namespace orch::worker {

/// Pids of living processes with these marks, without this process.
std::vector<int> find_leftovers(const std::string& home, const std::string& worker);

/// Kills them until none is left, at most for `patience`. Returns how many were killed; -1 if some
/// still live. Thread: blocks; call it at start only.
int kill_leftovers(const std::string& home, const std::string& worker, const Clock& clock,
                   Duration patience);

}  // namespace orch::worker
