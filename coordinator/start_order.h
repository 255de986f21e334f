#pragma once
// The order that starts a gang's ranks on one worker, and the directories of an attempt. Pure.

#include <string>

#include "coordinator/reactor.h"
#include "protocol/messages.h"

namespace orch::coordinator {

/// HOME/work/JOB/TASK/ATTEMPT/out
std::string out_directory(const Config& config, const AttemptId& id);

/// Ranks of `worker` that have neither started nor ended; none: nothing to order.
protocol::StartRanks start_order(const Config& config, const State& state, const AttemptId& id,
                                 const std::string& worker);

}  // namespace orch::coordinator
