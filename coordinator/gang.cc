#include "coordinator/gang.h"

#include <algorithm>

#include "coordinator/start_order.h"
#include "coordinator/timing.h"

namespace orch::coordinator {
namespace {

using protocol::Failure;
using protocol::StopReason;
using S = protocol::State;

bool all_ended(const AttemptState& attempt) {
  return std::all_of(attempt.ranks.begin(), attempt.ranks.end(),
                     [](const RankState& rank) { return rank.ended; });
}

void end(Step& step, AttemptEnded fact) {
  const TaskId task = fact.id.task;
  const bool failed = fact.task_state == S::kFailed || fact.task_state == S::kCancelled;
  const std::string why = "needs " + task.task + ", which " +
                          (fact.task_state == S::kFailed ? "failed" : "was cancelled");
  const AttemptId id = fact.id;
  step.record(std::move(fact));
  step.live.reschedule = true;
  // Its workers release it by themselves; only if they take long it is said again.
  for (const std::string& worker : find_attempt(step.state, id)->holding) {
    step.live.ordered[{id, worker}] = step.now;
  }
  if (failed) cancel_dependents(step, task, why);
}

/// Ended as it was asked to: all ranks are gone after a stop.
void end_stopped(Step& step, const AttemptId& id, const AttemptState& attempt,
                 const TaskState& task) {
  AttemptEnded fact;
  fact.id = id;
  fact.suspect = task.suspect;
  switch (attempt.stop_reason) {
    case StopReason::kPause:
      fact.state = S::kPaused;
      fact.failure = Failure::kPaused;
      fact.task_state = task.hold ? S::kPaused : S::kWaiting;
      fact.reason = task.hold ? "paused" : "";
      break;
    case StopReason::kTimeout:
      fact.state = S::kFailed;
      fact.failure = Failure::kTimeout;
      fact.message = "ran longer than its timeout of " +
                     human_duration(find_plan(step.state, id.task)->timeout);
      fact.task_state = S::kFailed;
      fact.reason = fact.message;
      break;
    default:
      fact.state = S::kCancelled;
      fact.failure = Failure::kCancelled;
      fact.task_state = S::kCancelled;
      fact.reason = "cancelled";
      break;
  }
  end(step, std::move(fact));
}

void succeed(Step& step, const AttemptId& id) {
  AttemptEnded fact;
  fact.id = id;
  fact.state = S::kSucceeded;
  fact.task_state = S::kSucceeded;
  end(step, std::move(fact));
}

/// Failure of a rank while the attempt is asked to stop: only what a pause does not explain counts.
bool explains(const AttemptState& attempt, Failure failure) {
  if (failure == Failure::kNone) return true;
  if (!attempt.stopping) return false;
  if (attempt.stop_reason != StopReason::kPause) return true;
  return failure == Failure::kPaused || failure == Failure::kCancelled;
}

std::string failure_text(const RankState& rank, std::size_t number) {
  std::string text = "rank " + std::to_string(number) + " on " + rank.place.worker + ": ";
  if (!rank.message.empty()) return text + rank.message;
  if (rank.failure == Failure::kExit) return text + "exit code " + std::to_string(rank.status);
  if (rank.failure == Failure::kSignal) return text + "signal " + std::to_string(rank.status);
  return text + protocol::failure_name(rank.failure);
}

}  // namespace

bool is_retried(Failure failure, const protocol::Retry& retry) {
  switch (failure) {
    case Failure::kSignal:
    case Failure::kWorkerLost:
    case Failure::kStart:
      return retry.on_infrastructure;
    case Failure::kExit:
      return retry.on_exit;
    default:
      return false;
  }
}

void fail_gang(Step& step, const AttemptId& id, Failure failure, const std::string& message,
               const std::string& suspect) {
  const AttemptState& attempt = *find_attempt(step.state, id);
  const TaskState& task = *find_task(step.state, id.task);
  const protocol::Retry& retry = find_plan(step.state, id.task)->retry;
  AttemptEnded fact;
  fact.id = id;
  fact.state = failure == Failure::kWorkerLost ? S::kLost : S::kFailed;
  fact.failure = failure;
  fact.message = message;
  fact.suspect = suspect;
  fact.reason = message;
  const bool cancelled = attempt.stopping && attempt.stop_reason == StopReason::kCancel;
  const bool timed_out = attempt.stopping && attempt.stop_reason == StopReason::kTimeout;
  if (cancelled) {
    fact.task_state = S::kCancelled;
    fact.reason = "cancelled";
  } else if (timed_out || !is_retried(failure, retry)) {
    fact.task_state = S::kFailed;
  } else if (task.restarts >= retry.limit) {
    fact.task_state = S::kFailed;
    fact.reason += " (after " + std::to_string(task.restarts) + " restarts)";
  } else {
    fact.task_state = task.hold ? S::kPaused : S::kWaiting;
    fact.restart = true;
    step.live.backoff_until[id.task] = step.now + backoff(task.restarts);
  }
  end(step, std::move(fact));
  const auto holding = find_attempt(step.state, id)->holding;
  for (const std::string& worker : holding) order_worker(step, id, worker, true);
}

void settle_gang(Step& step, const AttemptId& id) {
  const AttemptState& attempt = *find_attempt(step.state, id);
  if (attempt.over()) return;
  const RankState* victim = nullptr;  // it only missed a peer: that peer's end, or its worker's
                                      // silence, says what happened
  for (std::size_t i = 0; i < attempt.ranks.size(); ++i) {
    const RankState& rank = attempt.ranks[i];
    if (!rank.ended || explains(attempt, rank.failure)) continue;
    if (rank.failure == Failure::kWorkerLost) {
      victim = &rank;
      continue;
    }
    Failure failure = rank.failure;  // a stop that nobody asked for is the rank's own doing
    if (failure == Failure::kPaused || failure == Failure::kCancelled) failure = Failure::kExit;
    fail_gang(step, id, failure, failure_text(rank, i), rank.place.worker);
    return;
  }
  if (!all_ended(attempt)) return;
  if (victim) return fail_gang(step, id, Failure::kWorkerLost, victim->message, "");
  const bool all_well =
      std::all_of(attempt.ranks.begin(), attempt.ranks.end(),
                  [](const RankState& rank) { return rank.failure == Failure::kNone; });
  const bool cancelling = attempt.stopping && attempt.stop_reason != StopReason::kPause;
  const bool is_command = find_plan(step.state, id.task)->kind == "command";
  if (all_well && !cancelling && !attempt.result.digest.empty()) return succeed(step, id);
  if (all_well && !cancelling && is_command) {
    order_worker(step, id, attempt.ranks.front().place.worker, true);
  } else if (attempt.stopping) {
    end_stopped(step, id, attempt, *find_task(step.state, id.task));
  } else {
    fail_gang(step, id, Failure::kExit, "every rank left with exit code 0, but without a result",
              "");
  }
}

void stop_gang(Step& step, const AttemptId& id, StopReason reason) {
  const AttemptState& attempt = *find_attempt(step.state, id);
  if (attempt.over()) return;
  const bool overrides =
      attempt.stopping && attempt.stop_reason == StopReason::kPause && reason != StopReason::kPause;
  if (attempt.stopping && !overrides) return;
  AttemptStopping fact;
  fact.id = id;
  fact.reason = reason;
  step.record(fact);
  const auto holding = find_attempt(step.state, id)->holding;
  for (const std::string& worker : holding) order_worker(step, id, worker, true);
  settle_gang(step, id);
}

void cancel_dependents(Step& step, const TaskId& task, const std::string& reason) {
  const JobState& job = *find_job(step.state, task.job);
  std::vector<int> open = job.dependents[static_cast<std::size_t>(job.find(task.task))];
  std::set<int> seen;
  while (!open.empty()) {
    const int index = open.back();
    open.pop_back();
    if (!seen.insert(index).second) continue;
    const auto at = static_cast<std::size_t>(index);
    open.insert(open.end(), job.dependents[at].begin(), job.dependents[at].end());
    const S state = job.tasks[at].state;
    if (state != S::kWaiting && state != S::kPaused) continue;
    TaskChanged fact;
    fact.task = task_id(job, index);
    fact.state = S::kCancelled;
    fact.reason = reason;
    step.record(fact);
  }
}

void order_worker(Step& step, const AttemptId& id, const std::string& worker, bool at_once) {
  TimePoint& last = step.live.ordered[{id, worker}];
  if (!at_once && step.now < last + kRepeatAfter) return;
  const AttemptState& attempt = *find_attempt(step.state, id);
  const bool holds = attempt.holding.count(worker) != 0;
  last = step.now;
  if (attempt.over() && holds) {
    const bool kill = attempt.state != S::kSucceeded;
    const StopReason reason = kill ? StopReason::kGangFailed : StopReason::kDisowned;
    step.send(worker, protocol::StopAttempt{id, reason, Duration{0}});
  } else if (!attempt.over() && attempt.stopping && holds && !all_ended(attempt)) {
    step.send(worker, protocol::StopAttempt{id, attempt.stop_reason,
                                            find_plan(step.state, id.task)->grace});
  } else if (!attempt.over() && all_ended(attempt)) {
    if (attempt.ranks.front().place.worker == worker && attempt.result.digest.empty()) {
      step.send(worker, protocol::SealAttempt{id, out_directory(step.config, id)});
    }
  } else if (!attempt.over() && holds) {
    protocol::StartRanks order = start_order(step.config, step.state, id, worker);
    if (!order.ranks.empty()) step.send(worker, std::move(order));
  }
}

std::vector<AttemptId> disowned(const State& state, const std::string& worker,
                                const std::vector<protocol::HeldAttempt>& held) {
  std::vector<AttemptId> out;
  for (const protocol::HeldAttempt& item : held) {
    const AttemptState* attempt = find_attempt(state, item.id);
    const bool holds = attempt && attempt->holding.count(worker) != 0;
    // Of one that ended in order every rank is gone: the worker is about to release it.
    const bool broken = holds && (attempt->state == S::kFailed || attempt->state == S::kLost);
    if (!holds || broken) out.push_back(item.id);
  }
  return out;
}

}  // namespace orch::coordinator
