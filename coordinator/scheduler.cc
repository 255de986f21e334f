#include "coordinator/scheduler.h"

#include <algorithm>

#include "coordinator/gang.h"
#include "coordinator/inputs.h"

namespace orch::coordinator {
namespace {

/// How many tasks that do not fit are looked at in one pass.
constexpr int kBlockedMax = 200;
constexpr int kMasterPortFirst = 29500;
constexpr int kMasterPorts = 2000;

bool is_delayed(const State& state, const TaskId& id, const TaskState& task) {
  return state.live.backoff_until.count(id) != 0 || is_unreleased(state, task);
}

/// A port that no other living gang of that first worker was told.
int master_port(const State& state, const std::string& worker) {
  std::set<int> taken;
  for (const AttemptId& id : state.unfinished) {
    const AttemptState& attempt = *find_attempt(state, id);
    if (attempt.ranks.front().place.worker == worker) taken.insert(attempt.master_port);
  }
  int port = kMasterPortFirst;
  while (taken.count(port) != 0 && port < kMasterPortFirst + kMasterPorts) ++port;
  return port;
}

std::string master_address(const State& state, const std::vector<Placement>& placed) {
  const std::string& host = state.workers.at(placed.front().worker).host;
  const bool one_host = std::all_of(placed.begin(), placed.end(), [&](const Placement& rank) {
    return state.workers.at(rank.worker).host == host;
  });
  return one_host || host.empty() ? "127.0.0.1" : host;
}

void start(Step& step, const JobState& job, int index, std::vector<Placement> placed) {
  const TaskId task = task_id(job, index);
  const auto at = static_cast<std::size_t>(index);
  AttemptStarted fact;
  fact.id = {task, Attempt{job.tasks[at].attempts.size() + 1}};
  fact.master_address = master_address(step.state, placed);
  fact.master_port = master_port(step.state, placed.front().worker);
  const ResolvedInputs inputs = resolve_inputs(step.state, job, index);
  fact.inputs = inputs.paths;
  fact.input_digests = inputs.digests;
  fact.resume = job.tasks[at].checkpoint;
  fact.ranks = std::move(placed);
  const AttemptId id = fact.id;
  step.record(std::move(fact));
  step.live.attempt_started[id] = step.now;
  step.live.backoff_until.erase(task);
  const auto holding = find_attempt(step.state, id)->holding;
  for (const std::string& worker : holding) order_worker(step, id, worker, true);
}

bool has_room(const std::vector<Room>& rooms) {
  return std::any_of(rooms.begin(), rooms.end(), [](const Room& room) { return room.slots > 0; });
}

}  // namespace

const AttemptState* soon_released(const State& state) {
  for (const AttemptId& id : state.unfinished) {
    const AttemptState* attempt = find_attempt(state, id);
    const bool held =
        std::any_of(attempt->holding.begin(), attempt->holding.end(),
                    [&](const std::string& worker) { return is_ready(state, worker); });
    if (attempt->over() && held) return attempt;
  }
  return nullptr;
}

bool is_unreleased(const State& state, const TaskState& task) {
  for (const AttemptState& attempt : task.attempts) {
    for (const std::string& worker : attempt.holding) {
      if (is_ready(state, worker)) return true;
    }
  }
  return false;
}

void schedule(Step& step) {
  std::vector<Room> free = rooms_of(step.state, Capacity::kFree);
  std::vector<Room> total = rooms_of(step.state, Capacity::kTotal);
  const State& state = step.state;
  int blocked = 0;
  for (auto it = state.queue.begin(); it != state.queue.end() && has_room(free);) {
    const auto [priority, job_id, index] = *it++;  // starting a task takes it out of the queue
    const JobState& job = *find_job(state, job_id);
    const auto at = static_cast<std::size_t>(index);
    const TaskPlan& plan = job.plan.tasks[at];
    const TaskState& task = job.tasks[at];
    if (!is_delayed(state, task_id(job, index), task)) {
      auto placed = place(free, plan.resources, plan.ranks, task.suspect);
      const bool smaller = placed && static_cast<int>(placed->size()) < plan.ranks.max;
      if (placed && !(smaller && soon_released(state))) {
        take(free, plan.resources, *placed);
        take(total, plan.resources, *placed);
        start(step, job, index, std::move(*placed));
        continue;
      }
    }
    const protocol::RankRange least{plan.ranks.min, plan.ranks.min};
    if (auto reserved = place(total, plan.resources, least, "")) {
      take(free, plan.resources, *reserved);
      take(total, plan.resources, *reserved);
    }
    if (++blocked >= kBlockedMax) return;
  }
}

}  // namespace orch::coordinator
