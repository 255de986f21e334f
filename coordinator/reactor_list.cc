#include <algorithm>

#include "base/limits.h"
#include "coordinator/explain.h"
#include "coordinator/inputs.h"
#include "coordinator/names.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

using protocol::ListReply;
using S = protocol::State;

protocol::JobInfo job_info(const State& state, const JobState& job) {
  protocol::JobInfo info;
  info.job = job.id;
  info.name = job.plan.name;
  info.queue = job.plan.queue;
  info.priority = job.plan.priority;
  info.state = job.state;
  info.submitted = job.submitted;
  info.started = job.started;
  info.ended = job.ended;
  info.tasks_total = static_cast<int>(job.tasks.size());
  for (std::size_t i = 0; i < job.tasks.size(); ++i) {
    const TaskState& task = job.tasks[i];
    if (task.state == S::kSucceeded) ++info.tasks_done;
    if (task.state == S::kFailed && info.reason.empty()) {
      info.reason = job.plan.tasks[i].name + ": " + task.reason;
    }
  }
  if (job.state == S::kWaiting) info.reason = first_reason(state, job);
  return info;
}

protocol::TaskInfo task_info(const JobState& job, int index) {
  const TaskState& task = job.tasks[static_cast<std::size_t>(index)];
  protocol::TaskInfo info;
  info.task = task_id(job, index);
  info.kind = job.plan.tasks[static_cast<std::size_t>(index)].kind;
  info.state = task.state;
  info.attempt = task.attempts.size();
  info.restarts = task.restarts;
  info.artifact = task.artifact;
  info.artifact_path = task.artifact_path;
  info.ledger_hash = task.ledger_hash;
  info.step = task.step;
  info.steps = task.steps;
  info.reason = task.reason;
  return info;
}

protocol::AttemptInfo attempt_info(const TaskId& task, const AttemptState& attempt) {
  protocol::AttemptInfo info;
  info.id = {task, attempt.number};
  info.state = attempt.state;
  info.failure = attempt.failure;
  info.message = attempt.message;
  info.started = attempt.started;
  info.ended = attempt.ended;
  for (std::size_t i = 0; i < attempt.ranks.size(); ++i) {
    const RankState& rank = attempt.ranks[i];
    info.ranks.push_back({static_cast<int>(i), rank.place.worker, rank.pid});
  }
  return info;
}

protocol::WorkerInfo worker_info(const State& state, const WorkerState& worker) {
  protocol::WorkerInfo info;
  info.worker = worker.worker;
  info.pid = worker.pid;
  info.state = is_ready(state, worker.worker) ? "ready" : "silent";
  info.slots = worker.slots;
  info.free = std::max(0, worker.slots - worker.slots_used);
  info.gpus = static_cast<int>(worker.gpus.size());
  info.memory_bytes = worker.memory_bytes;
  info.host = worker.host;
  return info;
}

template <typename Visit>
void each_task(const State& state, const Named* only, Visit visit) {
  for (const auto& [id, job] : state.jobs) {
    if (only && only->job != id) continue;
    for (std::size_t i = 0; i < job.tasks.size(); ++i) {
      if (only && !only->task.empty() && job.plan.tasks[i].name != only->task) continue;
      visit(job, static_cast<int>(i));
    }
  }
}

void list_jobs(const State& state, const Named* only, ListReply& out) {
  for (const auto& [id, job] : state.jobs) {
    if (!only || only->job == id) out.jobs.push_back(job_info(state, job));
  }
}

void list_tasks(const State& state, const Named* only, ListReply& out) {
  each_task(state, only,
            [&](const JobState& job, int index) { out.tasks.push_back(task_info(job, index)); });
}

void list_attempts(const State& state, const Named* only, ListReply& out) {
  each_task(state, only, [&](const JobState& job, int index) {
    for (const AttemptState& attempt : job.tasks[static_cast<std::size_t>(index)].attempts) {
      out.attempts.push_back(attempt_info(task_id(job, index), attempt));
    }
  });
}

Result<void> list_workers(const State& state, const std::string& name, ListReply& out) {
  for (const auto& [id, worker] : state.workers) {
    if (name.empty() || id == name) out.workers.push_back(worker_info(state, worker));
  }
  if (out.workers.empty() && !name.empty()) {
    return not_found("no worker " + name, "orchctl get workers");
  }
  return {};
}

/// By digest prefix, or all that a job or task made.
Result<void> list_artifacts(const State& state, const std::string& name, ListReply& out) {
  if (name.empty()) {
    for (const auto& [digest, artifact] : state.artifacts) out.artifacts.push_back(artifact);
    return {};
  }
  if (const auto* artifact = find_artifact(state, name)) {
    out.artifacts.push_back(*artifact);
    return {};
  }
  ORCH_ASSIGN(const Named named, resolve_name(state, name));
  for (const auto& [digest, artifact] : state.artifacts) {
    const TaskId& maker = artifact.made_by.task;
    if (maker.job == named.job && (named.task.empty() || maker.task == named.task)) {
      out.artifacts.push_back(artifact);
    }
  }
  return {};
}

void list_events(const State& state, const Named* only, ListReply& out) {
  if (!only) out.events.assign(state.history.begin(), state.history.end());
  for (const auto& [id, job] : state.jobs) {
    if (only && only->job != id) continue;
    for (const protocol::EventInfo& event : job.history) {
      const bool fits =
          !only || only->task.empty() || event.task.empty() || event.task == only->task;
      if (fits) out.events.push_back(event);
    }
  }
  std::stable_sort(out.events.begin(), out.events.end(),
                   [](const auto& a, const auto& b) { return a.position < b.position; });
}

/// The newest stay.
template <typename T>
void keep_newest(std::vector<T>& items) {
  if (items.size() <= limits::kListItemsMax) return;
  const auto surplus = items.size() - limits::kListItemsMax;
  items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(surplus));
}

Result<ListReply> list(const State& state, const protocol::List& request) {
  using Kind = protocol::ListKind;
  ListReply out;
  if (request.kind == Kind::kWorkers) {
    ORCH_TRY(list_workers(state, request.name, out));
    return out;
  }
  if (request.kind == Kind::kArtifacts) {
    ORCH_TRY(list_artifacts(state, request.name, out));
    keep_newest(out.artifacts);
    return out;
  }
  Named named;
  if (!request.name.empty()) {
    ORCH_ASSIGN(named, resolve_name(state, request.name));
  }
  const Named* only = request.name.empty() ? nullptr : &named;
  switch (request.kind) {
    case Kind::kJobs:
      list_jobs(state, only, out);
      break;
    case Kind::kTasks:
      list_tasks(state, only, out);
      break;
    case Kind::kAttempts:
      list_attempts(state, only, out);
      break;
    case Kind::kEvents:
      list_events(state, only, out);
      break;
    case Kind::kSpec:
      if (!only) return invalid("a spec is listed by JOB");
      out.spec = find_job(state, named.job)->spec;
      out.set = find_job(state, named.job)->set;
      break;
    default:
      break;  // queues and schedules have no records yet
  }
  keep_newest(out.jobs);
  keep_newest(out.tasks);
  keep_newest(out.attempts);
  keep_newest(out.events);
  return out;
}

}  // namespace

void on_list(Step& step, const ClientKey& client, const protocol::List& request) {
  auto reply = list(step.state, request);
  if (!reply.ok()) return step.refuse(client, reply.error());
  step.reply(client, std::move(*reply));
}

}  // namespace orch::coordinator
