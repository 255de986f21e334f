#pragma once
// Decisions about a whole gang: failed, succeeded, stopped; what becomes of its task. Private to
// the reactor.

#include <string>

#include "coordinator/step.h"

namespace orch::coordinator {

/// May this class of failure be tried again, under this task's rule?
bool is_retried(protocol::Failure failure, const protocol::Retry& retry);

/// A rank failed or its worker was lost: the attempt is over at once (fenced), its other ranks are
/// killed, the task is retried, held or failed.
void fail_gang(Step& step, const AttemptId& id, protocol::Failure failure,
               const std::string& message, const std::string& suspect);

/// After a rank ended or a result was committed: ends the attempt if all of it is there.
void settle_gang(Step& step, const AttemptId& id);

/// Orders a running attempt to stop. Repeated calls with the same reason do nothing; cancel
/// overrides pause.
void stop_gang(Step& step, const AttemptId& id, protocol::StopReason reason);

/// Cancels what needs `task`, directly or not, and is not final.
void cancel_dependents(Step& step, const TaskId& task, const std::string& reason);

/// (Re)sends what `worker` must know about `id` now: start, stop or seal. At most once in
/// kRepeatAfter, unless `at_once`.
void order_worker(Step& step, const AttemptId& id, const std::string& worker, bool at_once);

/// Attempts that `worker` says it holds but must not.
std::vector<AttemptId> disowned(const State& state, const std::string& worker,
                                const std::vector<protocol::HeldAttempt>& held);

}  // namespace orch::coordinator
