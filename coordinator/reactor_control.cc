// cancel, pause, resume, retry of a job or one of its tasks. All idempotent.

#include "coordinator/gang.h"
#include "coordinator/names.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

using S = protocol::State;
using protocol::ControlVerb;

void change(Step& step, const TaskId& id, S state, bool hold, const std::string& reason,
            bool fresh_budget = false) {
  TaskChanged fact;
  fact.task = id;
  fact.state = state;
  fact.hold = hold;
  fact.reason = reason;
  fact.fresh_budget = fresh_budget;
  step.record(std::move(fact));
  step.live.reschedule = true;
}

AttemptId newest(const TaskId& id, const TaskState& task) {
  return {id, last_attempt(task)->number};
}

void cancel(Step& step, const TaskId& id) {
  const TaskState& task = *find_task(step.state, id);
  if (task.state == S::kRunning) {
    stop_gang(step, newest(id, task), protocol::StopReason::kCancel);
  } else if (!is_final(task.state)) {
    change(step, id, S::kCancelled, false, "cancelled");
  } else {
    return;
  }
  cancel_dependents(step, id, "needs " + id.task + ", which was cancelled");
}

void pause(Step& step, const TaskId& id) {
  const TaskState& task = *find_task(step.state, id);
  if (is_final(task.state) || task.hold) return;
  if (task.state == S::kRunning) {
    change(step, id, S::kRunning, true, "");
    stop_gang(step, newest(id, task), protocol::StopReason::kPause);
  } else {
    change(step, id, S::kPaused, true, "paused");
  }
}

void resume(Step& step, const TaskId& id) {
  const TaskState& task = *find_task(step.state, id);
  if (!task.hold || is_final(task.state)) return;
  change(step, id, task.state == S::kRunning ? S::kRunning : S::kWaiting, false, "");
}

bool was_stopped(const TaskState& task) {
  return task.state == S::kFailed || task.state == S::kCancelled;
}

/// With a task: what it needs and what needs it, as far as these failed or were cancelled too.
std::set<int> retry_scope(const JobState& job, const std::string& task) {
  std::set<int> scope;
  if (task.empty()) {
    for (std::size_t i = 0; i < job.tasks.size(); ++i) scope.insert(static_cast<int>(i));
    return scope;
  }
  const auto walk = [&](const std::vector<std::vector<int>>& edges) {
    std::vector<int> open{job.find(task)};
    std::set<int> seen;
    while (!open.empty()) {
      const int index = open.back();
      open.pop_back();
      if (!seen.insert(index).second) continue;
      scope.insert(index);
      const auto& next = edges[static_cast<std::size_t>(index)];
      open.insert(open.end(), next.begin(), next.end());
    }
  };
  walk(job.needs);
  walk(job.dependents);
  return scope;
}

void retry(Step& step, const JobState& job, const std::string& task) {
  for (const int index : retry_scope(job, task)) {
    if (!was_stopped(job.tasks[static_cast<std::size_t>(index)])) continue;
    change(step, task_id(job, index), S::kWaiting, false, "", true);
  }
}

/// What cannot be done any more, with words.
Result<void> check(const JobState& job, const TaskState* task, ControlVerb verb,
                   const std::string& name) {
  const S state = task ? task->state : job.state;
  if (verb == ControlVerb::kRetry) {
    if (state != S::kSucceeded) return {};
    return conflict(name + " has succeeded: there is nothing to retry");
  }
  const bool wakes = verb == ControlVerb::kPause || verb == ControlVerb::kResume;
  if (wakes && is_final(state)) {
    return conflict(name + " is over (" + protocol::state_name(state) + ")",
                    "orchctl retry " + name);
  }
  return {};
}

std::string outcome(const JobState& job, const TaskState* task) {
  const S state = task ? task->state : job.state;
  bool stopping = false;
  const auto look = [&](const TaskState& t) {
    const AttemptState* attempt = last_attempt(t);
    stopping = stopping || (attempt && !attempt->over() && attempt->stopping);
  };
  if (task) look(*task);
  for (std::size_t i = 0; !task && i < job.tasks.size(); ++i) look(job.tasks[i]);
  return std::string(protocol::state_name(state)) + (stopping ? ", stopping" : "");
}

}  // namespace

void on_control(Step& step, const ClientKey& client, const protocol::Control& request) {
  const auto named = resolve_name(step.state, request.name);
  if (!named.ok()) return step.refuse(client, named.error());
  const JobState& job = *find_job(step.state, named->job);
  const TaskState* task =
      named->task.empty() ? nullptr : find_task(step.state, {named->job, named->task});
  if (auto possible = check(job, task, request.verb, request.name); !possible.ok()) {
    return step.refuse(client, possible.error());
  }
  if (request.verb == ControlVerb::kRetry) {
    retry(step, job, named->task);
  } else {
    for (std::size_t i = 0; i < job.tasks.size(); ++i) {
      const TaskId id = task_id(job, static_cast<int>(i));
      if (!named->task.empty() && id.task != named->task) continue;
      switch (request.verb) {
        case ControlVerb::kCancel:
          cancel(step, id);
          break;
        case ControlVerb::kPause:
          pause(step, id);
          break;
        default:
          resume(step, id);
          break;
      }
    }
  }
  step.reply(client, protocol::ControlReply{request.name, outcome(job, task)});
}

}  // namespace orch::coordinator
