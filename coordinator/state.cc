#include "coordinator/state.h"

namespace orch::coordinator {

const JobState* find_job(const State& state, JobId job) {
  const auto found = state.jobs.find(job);
  return found == state.jobs.end() ? nullptr : &found->second;
}

const TaskState* find_task(const State& state, const TaskId& id) {
  const JobState* job = find_job(state, id.job);
  const int index = job ? job->find(id.task) : -1;
  return index < 0 ? nullptr : &job->tasks[static_cast<std::size_t>(index)];
}

const TaskPlan* find_plan(const State& state, const TaskId& id) {
  const JobState* job = find_job(state, id.job);
  const int index = job ? job->find(id.task) : -1;
  return index < 0 ? nullptr : &job->plan.tasks[static_cast<std::size_t>(index)];
}

const AttemptState* find_attempt(const State& state, const AttemptId& id) {
  const TaskState* task = find_task(state, id.task);
  if (!task || id.attempt.value == 0 || id.attempt.value > task->attempts.size()) return nullptr;
  return &task->attempts[id.attempt.value - 1];
}

TaskId task_id(const JobState& job, int index) {
  return {job.id, job.plan.tasks[static_cast<std::size_t>(index)].name};
}

const AttemptState* last_attempt(const TaskState& task) {
  return task.attempts.empty() ? nullptr : &task.attempts.back();
}

bool is_ready(const State& state, const std::string& worker) {
  const auto found = state.live.sessions.find(worker);
  return found != state.live.sessions.end() && !found->second.silent && !found->second.peer.empty();
}

}  // namespace orch::coordinator
