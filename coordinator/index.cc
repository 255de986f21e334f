#include "coordinator/index.h"

#include <algorithm>

namespace orch::coordinator {
namespace {

using S = protocol::State;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

bool can_start(const JobState& job, int index) {
  const TaskState& task = job.tasks[at(index)];
  if (task.state != S::kWaiting || task.hold) return false;
  return std::all_of(job.needs[at(index)].begin(), job.needs[at(index)].end(),
                     [&](int need) { return job.tasks[at(need)].state == S::kSucceeded; });
}

void index_queue(State& state, const JobState& job, int index) {
  const QueueKey key{-job.plan.priority, job.id, index};
  if (can_start(job, index)) {
    state.queue.insert(key);
  } else {
    state.queue.erase(key);
  }
}

void index_graph(JobState& job) {
  const std::size_t count = job.plan.tasks.size();
  job.needs.assign(count, {});
  job.dependents.assign(count, {});
  job.index.clear();
  for (std::size_t i = 0; i < count; ++i) {
    job.index[job.plan.tasks[i].name] = static_cast<int>(i);
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::string& need : job.plan.tasks[i].needs) {
      const int index = job.find(need);
      if (index < 0) continue;
      job.needs[i].push_back(index);
      job.dependents[at(index)].push_back(static_cast<int>(i));
    }
  }
}

}  // namespace

S job_state(const JobState& job) {
  std::map<S, int> count;
  bool started = false;
  for (const TaskState& task : job.tasks) {
    ++count[task.state];
    started = started || !task.attempts.empty();
  }
  if (count[S::kRunning] > 0) return S::kRunning;
  if (count[S::kWaiting] > 0) return started ? S::kRunning : S::kWaiting;
  if (count[S::kPaused] > 0) return S::kPaused;
  if (count[S::kFailed] > 0) return S::kFailed;
  if (count[S::kCancelled] > 0) return S::kCancelled;
  return S::kSucceeded;
}

void index_job(State& state, JobState& job) {
  index_graph(job);
  state.names[job.plan.name] = job.id;
  if (!job.request_id.empty()) state.requests[job.request_id] = job.id;
  for (std::size_t i = 0; i < job.tasks.size(); ++i) index_queue(state, job, static_cast<int>(i));
  if (!is_final(job.state)) ++state.open_jobs;
}

void index_task(State& state, JobState& job, int index, WallTime when) {
  index_queue(state, job, index);
  for (const int dependent : job.dependents[at(index)]) index_queue(state, job, dependent);
  const bool was_final = is_final(job.state);
  job.state = job_state(job);
  const bool now_final = is_final(job.state);
  if (now_final && !was_final) {
    job.ended = when;
    --state.open_jobs;
  } else if (!now_final && was_final) {
    job.ended = {};
    ++state.open_jobs;
  }
}

void index_hold(State& state, const JobState& job, int index, const AttemptState& attempt,
                const std::string& worker, int sign) {
  const protocol::Resources& each = job.plan.tasks[at(index)].resources;
  WorkerState& holder = state.workers[worker];
  holder.worker = worker;
  for (const RankState& rank : attempt.ranks) {
    if (rank.place.worker != worker) continue;
    holder.slots_used += sign * each.cpu;
    holder.memory_used += static_cast<std::uint64_t>(sign) * each.memory_bytes;
    for (const int gpu : rank.place.gpus) {
      if (sign > 0) {
        holder.gpus_used.insert(gpu);
      } else {
        holder.gpus_used.erase(gpu);
      }
    }
  }
}

void rebuild_indexes(State& state) {
  state.requests.clear();
  state.names.clear();
  state.queue.clear();
  state.unfinished.clear();
  state.open_jobs = 0;
  for (auto& [name, worker] : state.workers) {
    worker.slots_used = 0;
    worker.memory_used = 0;
    worker.gpus_used.clear();
  }
  for (auto& [id, job] : state.jobs) {
    index_job(state, job);
    for (std::size_t i = 0; i < job.tasks.size(); ++i) {
      const int index = static_cast<int>(i);
      for (const AttemptState& attempt : job.tasks[i].attempts) {
        for (const std::string& worker : attempt.holding) {
          index_hold(state, job, index, attempt, worker, +1);
        }
        if (!attempt.over() || !attempt.holding.empty()) {
          state.unfinished.insert({task_id(job, index), attempt.number});
        }
      }
    }
  }
}

}  // namespace orch::coordinator
