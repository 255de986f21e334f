#include "coordinator/explain.h"

#include "coordinator/placement.h"
#include "coordinator/scheduler.h"

namespace orch::coordinator {
namespace {

using S = protocol::State;
using protocol::WaitReason;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

std::string wish(const TaskPlan& plan) {
  const auto& r = plan.resources;
  std::string text = std::to_string(plan.ranks.min) + (plan.ranks.min == 1 ? " rank" : " ranks") +
                     " of " + std::to_string(r.cpu) + (r.cpu == 1 ? " slot" : " slots");
  if (r.gpu > 0) text += ", " + std::to_string(r.gpu) + " GPU";
  return text + ", " + mebibytes(r.memory_bytes);
}

int total_fit(const std::vector<Room>& rooms, const protocol::Resources& each) {
  int fit = 0;
  for (const Room& room : rooms) fit += ranks_that_fit(room, each);
  return fit;
}

/// One look at one task.
class Reasons {
 public:
  Reasons(const State& state, const JobState& job, int index, TimePoint now)
      : state_(state),
        job_(job),
        index_(index),
        plan_(job.plan.tasks[at()]),
        task_(job.tasks[at()]),
        now_(now) {}

  std::vector<WaitReason> find() {
    if (task_.state != S::kWaiting && task_.state != S::kPaused) return {};
    dependencies();
    if (task_.hold) add("paused", "orchctl resume " + std::to_string(job_.id.value));
    delays();
    room();
    return std::move(out_);
  }

 private:
  std::size_t at() const { return static_cast<std::size_t>(index_); }
  void add(std::string reason, std::string change) {
    out_.push_back({plan_.name, std::move(reason), std::move(change)});
  }
  void dependencies() {
    for (const int need : job_.needs[at()]) {
      const auto n = static_cast<std::size_t>(need);
      const S state = job_.tasks[n].state;
      if (state == S::kSucceeded) continue;
      const std::string& name = job_.plan.tasks[n].name;
      add("needs " + name + ", which is " + protocol::state_name(state),
          is_final(state) ? "orchctl retry " + std::to_string(job_.id.value) + "/" + name
                          : "starts when " + name + " has succeeded");
    }
  }
  void delays() {
    const auto until = state_.live.backoff_until.find(task_id(job_, index_));
    if (until != state_.live.backoff_until.end() && until->second > now_) {
      add("waits after a failure: " + task_.reason,
          "tried again in " + human_duration(until->second - now_));
    }
    for (const AttemptState& attempt : task_.attempts) {
      for (const std::string& worker : attempt.holding) {
        if (!is_ready(state_, worker)) continue;
        add("processes of attempt " + std::to_string(attempt.number.value) + " may still run on " +
                worker,
            "starts when " + worker + " says that they are gone");
      }
    }
  }
  /// Resources: what is missing now, what is missing for ever, who is before it.
  void room() {
    const protocol::RankRange least{plan_.ranks.min, plan_.ranks.min};
    const auto& each = plan_.resources;
    if (const auto placed = place(rooms_of(state_, Capacity::kFree), each, plan_.ranks, "")) {
      const AttemptState* other = soon_released(state_);
      if (other && static_cast<int>(placed->size()) < plan_.ranks.max) {
        add("could start with " + std::to_string(placed->size()) +
                " ranks, and waits for more: devices of an ended attempt are being released",
            "starts when " + *other->holding.begin() + " says that its processes are gone");
      }
      return before();
    }
    const auto all = rooms_of(state_, Capacity::kTotal, true);
    const auto ready = rooms_of(state_, Capacity::kTotal);
    if (all.empty()) return add("no worker has registered", "orchctl up");
    if (!place(all, each, least, "")) return too_big(all);
    silent_workers();
    if (!place(ready, each, least, "")) return;
    const auto free = rooms_of(state_, Capacity::kFree);
    add("wants " + wish(plan_) + "; now " + std::to_string(total_fit(free, each)) +
            " such ranks fit, of " + std::to_string(total_fit(ready, each)) +
            " on the idle cluster",
        "starts when running tasks end: " + holders());
    shortage(free);
    before();
  }
  void too_big(const std::vector<Room>& all) {
    const auto& r = plan_.resources;
    if (total_fit(all, r) > 0) {
      return add("too big: wants " + wish(plan_) + "; all workers together hold " +
                     std::to_string(total_fit(all, r)) + " such ranks",
                 "fewer ranks or smaller resources, or more workers: orchctl up --workers N");
    }
    int slots = 0;
    std::uint64_t memory = 0;
    std::size_t gpus = 0;
    for (const Room& room : all) {
      slots = std::max(slots, room.slots);
      memory = std::max(memory, room.memory_bytes);
      gpus = std::max(gpus, room.gpus.size());
    }
    if (r.cpu > slots) {
      add("too big: a rank wants " + std::to_string(r.cpu) + " slots, the largest worker has " +
              std::to_string(slots),
          "resources.cpu: " + std::to_string(slots) + ", or workers with more slots");
    }
    if (r.gpu > static_cast<int>(gpus)) {
      add("too big: a rank wants " + std::to_string(r.gpu) + " GPU, no worker has more than " +
              std::to_string(gpus),
          "resources.gpu: " + std::to_string(gpus) + ", or a worker with more GPUs");
    }
    if (r.memory_bytes > memory) {
      add("too big: a rank wants " + mebibytes(r.memory_bytes) +
              " of memory, the largest worker has " + mebibytes(memory),
          "resources.memory: " + mebibytes(memory) + ", or a worker with more memory");
    }
  }
  void silent_workers() {
    for (const auto& [name, worker] : state_.workers) {
      if (is_ready(state_, name)) continue;
      add(name + " is silent; its " + std::to_string(worker.slots) + " slots are not offered",
          "start it again: orchctl up");
    }
  }
  /// Which resource is the tight one on the workers as they are now.
  void shortage(const std::vector<Room>& free) {
    for (const Room& room : free) {
      const auto& r = plan_.resources;
      if (ranks_that_fit(room, r) > 0) continue;
      std::string lacks;
      if (room.slots < r.cpu) lacks += std::to_string(room.slots) + " free slots";
      if (static_cast<int>(room.gpus.size()) < r.gpu) {
        lacks += (lacks.empty() ? "" : ", ") + std::to_string(room.gpus.size()) + " free GPUs";
      }
      if (room.memory_bytes < r.memory_bytes) {
        lacks += (lacks.empty() ? "" : ", ") + mebibytes(room.memory_bytes) + " free memory";
      }
      add(room.worker + " has " + lacks, "starts when something on it ends");
    }
  }
  std::string holders() const {
    std::string text;
    int count = 0;
    for (const AttemptId& id : state_.unfinished) {
      if (++count > 5) return text + ", …";
      text += (text.empty() ? "" : ", ") + id.task.text();
    }
    return text;
  }
  /// Tasks before it in the queue that wait for room too.
  void before() {
    const QueueKey own{-job_.plan.priority, job_.id, index_};
    int count = 0;
    for (const QueueKey& key : state_.queue) {
      if (!(key < own)) break;
      const auto [priority, job_id, index] = key;
      if (job_id == job_.id) continue;
      if (++count > 5) break;
      const TaskId id = task_id(*find_job(state_, job_id), index);
      add("behind " + id.text() + " (priority " + std::to_string(-priority) + ")",
          "starts after it, or with a higher priority");
    }
  }

  const State& state_;
  const JobState& job_;
  const int index_;
  const TaskPlan& plan_;
  const TaskState& task_;
  const TimePoint now_;
  std::vector<WaitReason> out_;
};

}  // namespace

protocol::ExplainReply explain(const State& state, const Named& named, TimePoint now) {
  const JobState& job = *find_job(state, named.job);
  protocol::ExplainReply reply;
  reply.job = job.id;
  reply.state = job.state;
  int first = -1;  // the task that comes to its turn first
  for (std::size_t i = 0; i < job.tasks.size(); ++i) {
    if (!named.task.empty() && job.plan.tasks[i].name != named.task) continue;
    const int index = static_cast<int>(i);
    auto reasons = Reasons(state, job, index, now).find();
    if (first < 0 && job.tasks[i].state == S::kWaiting) first = index;
    reply.reasons.insert(reply.reasons.end(), reasons.begin(), reasons.end());
  }
  if (first >= 0) reply.estimated_start = estimate_start(state, job, first, now);
  return reply;
}

std::string first_reason(const State& state, const JobState& job) {
  for (std::size_t i = 0; i < job.tasks.size(); ++i) {
    if (job.tasks[i].state == S::kPaused) return "paused";
    if (state.queue.count({-job.plan.priority, job.id, static_cast<int>(i)}) != 0) {
      return "waits for " + wish(job.plan.tasks[i]);
    }
  }
  return "";
}

}  // namespace orch::coordinator
