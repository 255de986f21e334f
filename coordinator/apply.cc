#include "coordinator/apply.h"

#include <algorithm>

#include "base/limits.h"
#include "coordinator/index.h"

namespace orch::coordinator {
namespace {

using S = protocol::State;

struct Found {
  JobState* job = nullptr;
  int index = -1;
  TaskState* task = nullptr;
  AttemptState* attempt = nullptr;
};

Result<Found> find(State& state, const TaskId& id) {
  const auto found = state.jobs.find(id.job);
  if (found == state.jobs.end()) return corrupt("a record names the unknown job " + id.text());
  Found out{&found->second, found->second.find(id.task), nullptr, nullptr};
  if (out.index < 0) return corrupt("a record names the unknown task " + id.text());
  out.task = &out.job->tasks[static_cast<std::size_t>(out.index)];
  return out;
}

Result<Found> find(State& state, const AttemptId& id) {
  ORCH_ASSIGN(Found out, find(state, id.task));
  if (id.attempt.value == 0 || id.attempt.value > out.task->attempts.size()) {
    return corrupt("a record names the unknown attempt " + id.text());
  }
  out.attempt = &out.task->attempts[id.attempt.value - 1];
  return out;
}

Result<RankState*> find_rank(const Found& found, const AttemptId& id, int rank) {
  auto& ranks = found.attempt->ranks;
  if (rank < 0 || static_cast<std::size_t>(rank) >= ranks.size()) {
    return corrupt("a record names the unknown rank " + std::to_string(rank) + " of " + id.text());
  }
  return &ranks[static_cast<std::size_t>(rank)];
}

Result<void> on(State& state, const ClusterCreated& r) {
  state.secret = r.secret;
  return {};
}

Result<void> on(State&, const CoordinatorStarted&) { return {}; }
Result<void> on(State&, const WorkerSilent&) { return {}; }

Result<void> on(State& state, const JobSubmitted& r) {
  if (r.job.value != state.last_job.value + 1) return corrupt("jobs are not numbered in order");
  state.last_job = r.job;
  JobState& job = state.jobs[r.job];
  job.id = r.job;
  job.plan = r.plan;
  job.request_id = r.request_id;
  job.spec = r.spec;
  job.file = r.file;
  job.set = r.set;
  job.submitted = r.at;
  job.tasks.resize(r.plan.tasks.size());
  index_job(state, job);
  return {};
}

Result<void> on(State& state, const WorkerRegistered& r) {
  WorkerState& worker = state.workers[r.worker];
  worker.worker = r.worker;
  worker.host = r.host;
  worker.pid = r.pid;
  worker.incarnation = r.incarnation;
  worker.slots = r.slots;
  worker.gpus = r.gpus;
  worker.memory_bytes = r.memory_bytes;
  return {};
}

Result<void> on(State& state, const AttemptStarted& r) {
  ORCH_ASSIGN(Found f, find(state, r.id.task));
  if (r.id.attempt.value != f.task->attempts.size() + 1 || r.ranks.empty()) {
    return corrupt("attempt " + r.id.text() + " is out of order or has no ranks");
  }
  AttemptState attempt;
  attempt.number = r.id.attempt;
  for (const Placement& place : r.ranks) {
    RankState rank;
    rank.place = place;
    attempt.ranks.push_back(std::move(rank));
    attempt.holding.insert(place.worker);
  }
  attempt.master_address = r.master_address;
  attempt.master_port = r.master_port;
  attempt.inputs = r.inputs;
  attempt.input_digests = r.input_digests;
  attempt.resume = r.resume;
  attempt.started = r.at;
  f.task->attempts.push_back(std::move(attempt));
  f.task->state = S::kRunning;
  f.task->reason.clear();
  if (f.job->started.microseconds == 0) f.job->started = r.at;
  for (const std::string& worker : f.task->attempts.back().holding) {
    index_hold(state, *f.job, f.index, f.task->attempts.back(), worker, +1);
  }
  state.unfinished.insert(r.id);
  index_task(state, *f.job, f.index, r.at);
  return {};
}

Result<void> on(State& state, const RankRuns& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  ORCH_ASSIGN(RankState * rank, find_rank(f, r.id, r.rank));
  rank->started = true;
  rank->pid = r.pid;
  return {};
}

Result<void> on(State& state, const RankGone& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  ORCH_ASSIGN(RankState * rank, find_rank(f, r.id, r.rank));
  rank->ended = true;
  rank->failure = r.failure;
  rank->status = r.status;
  rank->message = r.message;
  return {};
}

Result<void> on(State& state, const AttemptStopping& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  f.attempt->stopping = true;
  f.attempt->stop_reason = r.reason;
  return {};
}

void publish(State& state, const AttemptId& id, const AttemptState& attempt,
             const CommitState& commit, WallTime at) {
  protocol::ArtifactInfo& artifact = state.artifacts[commit.digest];
  artifact = {commit.digest, commit.kind, commit.path, id, commit.step, attempt.input_digests, at};
}

Result<void> on(State& state, const AttemptEnded& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  if (f.attempt->over()) return corrupt("attempt " + r.id.text() + " ended twice");
  f.attempt->state = r.state;
  f.attempt->failure = r.failure;
  f.attempt->message = r.message;
  f.attempt->ended = r.at;
  TaskState& task = *f.task;
  if (r.state == S::kSucceeded) {
    const CommitState& result = f.attempt->result;
    task.artifact = result.digest;
    task.artifact_path = result.path;
    if (!result.digest.empty()) publish(state, r.id, *f.attempt, result, r.at);
  }
  if (r.restart) ++task.restarts;
  task.suspect = r.suspect;
  task.state = r.task_state;
  task.reason = r.reason;
  if (f.attempt->holding.empty()) state.unfinished.erase(r.id);
  index_task(state, *f.job, f.index, r.at);
  return {};
}

Result<void> on(State& state, const WorkerReleased& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  if (f.attempt->holding.erase(r.worker) == 0) {
    return corrupt(r.worker + " does not hold " + r.id.text());
  }
  index_hold(state, *f.job, f.index, *f.attempt, r.worker, -1);
  if (f.attempt->over() && f.attempt->holding.empty()) state.unfinished.erase(r.id);
  return {};
}

Result<void> on(State& state, const CommitAccepted& r) {
  ORCH_ASSIGN(Found f, find(state, r.id));
  TaskState& task = *f.task;
  task.step = r.commit.step;
  f.attempt->step = std::max(f.attempt->step, r.commit.step);
  task.steps = r.steps;
  if (!r.commit.ledger_hash.empty()) task.ledger_hash = r.commit.ledger_hash;
  if (r.kind == "checkpoint") {
    task.checkpoint = r.commit;
    publish(state, r.id, *f.attempt, r.commit, r.at);
  } else if (r.kind == "result") {
    f.attempt->result = r.commit;
  }
  return {};
}

Result<void> on(State& state, const TaskChanged& r) {
  ORCH_ASSIGN(Found f, find(state, r.task));
  const bool runs = f.task->state == S::kRunning;
  if (runs != (r.state == S::kRunning)) {
    return corrupt("task " + r.task.text() + " cannot become " + protocol::state_name(r.state));
  }
  f.task->state = r.state;
  f.task->hold = r.hold;
  if (!runs) f.task->reason = r.reason;
  if (r.fresh_budget) {
    f.task->restarts = 0;
    f.task->suspect.clear();
  }
  index_task(state, *f.job, f.index, r.at);
  return {};
}

template <typename Events>
void remember(Events& events, protocol::EventInfo event) {
  if (events.size() >= limits::kHistoryLinesMax) events.erase(events.begin());
  events.push_back(std::move(event));
}

}  // namespace

Result<void> apply(State& state, const Record& record) {
  ORCH_TRY(std::visit([&](const auto& fact) { return on(state, fact); }, record));
  ++state.position.value;
  HistoryLine line = history_line(record);
  if (line.text.empty()) return {};
  protocol::EventInfo event{state.position.value, line.at, line.job, std::move(line.task),
                            std::move(line.text)};
  if (!line.job) {
    remember(state.history, std::move(event));
  } else {
    remember(state.jobs.at(line.job).history, std::move(event));
  }
  return {};
}

}  // namespace orch::coordinator
