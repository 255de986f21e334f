#pragma once
// Upkeep of what is derived from facts: the queue, what workers hold, a job's state from its
// tasks'. For apply() and rebuild_indexes() only. Thread: the coordinator's.

#include "coordinator/state.h"

namespace orch::coordinator {

/// After a job was added: names, graph, queue.
void index_job(State& state, JobState& job);
/// After a task's state or hold changed: its place in the queue and its dependents', the job's
/// state.
void index_task(State& state, JobState& job, int index, WallTime at);
/// An attempt takes (+1) or gives back (-1) what its ranks use on `worker`.
void index_hold(State& state, const JobState& job, int index, const AttemptState& attempt,
                const std::string& worker, int sign);
/// A job's state as its tasks' states and attempts imply it.
protocol::State job_state(const JobState& job);

}  // namespace orch::coordinator
