// Time: silent workers, timeouts, the end of backoffs, repeated orders.

#include "coordinator/gang.h"
#include "coordinator/step.h"
#include "coordinator/timing.h"

namespace orch::coordinator {
namespace {

void find_silent(Step& step) {
  for (auto& [worker, session] : step.live.sessions) {
    if (session.silent || step.now < session.last_heard + kWorkerSilentAfter) continue;
    session.silent = true;
    WorkerSilent fact;
    fact.worker = worker;
    step.record(std::move(fact));
    on_worker_lost(step, worker, worker + " was silent for 5 s");
  }
}

void find_timeouts(Step& step) {
  const auto unfinished = step.state.unfinished;
  for (const AttemptId& id : unfinished) {
    const Duration timeout = find_plan(step.state, id.task)->timeout;
    const auto started = step.live.attempt_started.find(id);
    if (timeout.count() <= 0 || started == step.live.attempt_started.end()) continue;
    if (step.now >= started->second + timeout) {
      stop_gang(step, id, protocol::StopReason::kTimeout);
    }
  }
}

void end_backoffs(Step& step) {
  for (auto it = step.live.backoff_until.begin(); it != step.live.backoff_until.end();) {
    if (step.now < it->second) {
      ++it;
    } else {
      it = step.live.backoff_until.erase(it);
      step.live.reschedule = true;
    }
  }
}

void repeat_orders(Step& step) {
  for (const AttemptId& id : step.state.unfinished) {
    const AttemptState& attempt = *find_attempt(step.state, id);
    for (const std::string& worker : attempt.holding) order_worker(step, id, worker, false);
    const std::string& first = attempt.ranks.front().place.worker;
    if (attempt.holding.count(first) == 0) order_worker(step, id, first, false);
  }
}

}  // namespace

void on_tick(Step& step, const Tick& event) {
  step.live.free_disk_bytes = event.free_disk_bytes;
  find_silent(step);
  find_timeouts(step);
  end_backoffs(step);
  repeat_orders(step);
}

}  // namespace orch::coordinator
