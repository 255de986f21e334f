#pragma once
// Why a job waits: every reason, what would change each, and when it may start. Pure, from the same
// state and the same placement code as the scheduler.

#include <string>

#include "base/clock.h"
#include "coordinator/names.h"
#include "coordinator/state.h"
#include "protocol/messages.h"

namespace orch::coordinator {

protocol::ExplainReply explain(const State& state, const Named& named, TimePoint now);

/// One line for lists: why a job that has not started waits. Cheap; `explain` is complete.
std::string first_reason(const State& state, const JobState& job);

/// When the task's least gang fits, if running tasks go on as fast as so far: "now", "in about 3m",
/// or "unknown: why".
std::string estimate_start(const State& state, const JobState& job, int index, TimePoint now);

}  // namespace orch::coordinator
