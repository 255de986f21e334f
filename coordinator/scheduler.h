#pragma once
// Which waiting task starts where. By priority, then job, then place in the spec. A task that does
// not fit now but could on the idle cluster reserves the room that it would take; what comes after
// it gets only what is left of each worker, so a large gang is not starved by small tasks, and
// small ones still run where they cannot delay it. A task too big for every worker together
// reserves nothing. Private to the reactor.

#include "coordinator/placement.h"
#include "coordinator/step.h"

namespace orch::coordinator {

/// Starts what can start: records, orders to workers.
void schedule(Step& step);

/// An attempt that is over, but whose devices a ready worker has not released yet: a matter of
/// moments. A gang with a range of ranks waits for it rather than start smaller for its whole life.
/// Null when there is none.
const AttemptState* soon_released(const State& state);

/// Devices of earlier attempts that a ready worker has not released: the next attempt waits.
bool is_unreleased(const State& state, const TaskState& task);

}  // namespace orch::coordinator
