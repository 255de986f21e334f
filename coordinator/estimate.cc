// The start of a waiting task, foretold from the progress of running ones.

#include <algorithm>
#include <optional>

#include "coordinator/explain.h"
#include "coordinator/placement.h"
#include "coordinator/scheduler.h"

namespace orch::coordinator {
namespace {

using S = protocol::State;

/// Time left for a running attempt at its mean speed; none if it reports no progress.
std::optional<Duration> time_left(const State& state, const AttemptId& id, TimePoint now) {
  const TaskState& task = *find_task(state, id.task);
  const AttemptState& attempt = *find_attempt(state, id);
  if (attempt.over()) return Duration{0};
  const auto began = state.live.attempt_started.find(id);
  const std::int64_t done = attempt.step - attempt.resume.step;
  if (task.steps <= 0 || done <= 0 || began == state.live.attempt_started.end()) {
    return std::nullopt;
  }
  const double each =
      static_cast<double>((now - began->second).count()) / static_cast<double>(done);
  const auto left = static_cast<double>(std::max<std::int64_t>(0, task.steps - attempt.step));
  return Duration(static_cast<std::int64_t>(each * left));
}

void give_back(std::vector<Room>& rooms, const State& state, const AttemptId& id) {
  const protocol::Resources& each = find_plan(state, id.task)->resources;
  for (const RankState& rank : find_attempt(state, id)->ranks) {
    const auto room = std::find_if(rooms.begin(), rooms.end(),
                                   [&](const Room& r) { return r.worker == rank.place.worker; });
    if (room == rooms.end()) continue;
    room->slots += each.cpu;
    room->memory_bytes += each.memory_bytes;
    room->gpus.insert(room->gpus.end(), rank.place.gpus.begin(), rank.place.gpus.end());
  }
}

}  // namespace

std::string estimate_start(const State& state, const JobState& job, int index, TimePoint now) {
  const auto at = static_cast<std::size_t>(index);
  const TaskPlan& plan = job.plan.tasks[at];
  const protocol::RankRange least{plan.ranks.min, plan.ranks.min};
  for (const int need : job.needs[at]) {
    const TaskState& needed = job.tasks[static_cast<std::size_t>(need)];
    if (needed.state != S::kSucceeded) {
      return "unknown: " + job.plan.tasks[static_cast<std::size_t>(need)].name +
             " has to succeed first";
    }
  }
  if (job.tasks[at].hold) return "unknown: paused";
  Duration wait{0};
  const auto until = state.live.backoff_until.find(task_id(job, index));
  if (until != state.live.backoff_until.end()) wait = std::max(wait, until->second - now);
  if (!place(rooms_of(state, Capacity::kTotal), plan.resources, least, "")) {
    return "unknown: it does not fit on the workers that are ready";
  }
  std::vector<Room> rooms = rooms_of(state, Capacity::kFree);
  std::vector<std::pair<Duration, AttemptId>> ends;
  std::string silent;  // the first that cannot be foretold
  for (const AttemptId& id : state.unfinished) {
    if (const auto left = time_left(state, id, now)) {
      ends.emplace_back(*left, id);
    } else if (silent.empty()) {
      silent = id.task.text();
    }
  }
  std::stable_sort(ends.begin(), ends.end());
  for (std::size_t i = 0;; ++i) {
    if (place(rooms, plan.resources, least, "")) {
      if (*state.queue.begin() < QueueKey{-job.plan.priority, job.id, index}) {
        return "unknown: other tasks are before it";
      }
      return wait.count() <= 0 ? "now" : "in about " + human_duration(wait);
    }
    if (i == ends.size()) break;
    wait = std::max(wait, ends[i].first);
    give_back(rooms, state, ends[i].second);
  }
  return "unknown: " + silent + " reports no progress";
}

}  // namespace orch::coordinator
