#include "coordinator/start_order.h"

#include "base/sha256.h"

namespace orch::coordinator {
namespace {

std::string task_directory(const Config& config, const TaskId& id) {
  return config.home + "/work/" + std::to_string(id.job.value) + "/" + id.task;
}

}  // namespace

std::string out_directory(const Config& config, const AttemptId& id) {
  return task_directory(config, id.task) + "/" + std::to_string(id.attempt.value) + "/out";
}

protocol::StartRanks start_order(const Config& config, const State& state, const AttemptId& id,
                                 const std::string& worker) {
  const JobState& job = *find_job(state, id.task.job);
  const TaskPlan& plan = *find_plan(state, id.task);
  const AttemptState& attempt = *find_attempt(state, id);
  protocol::StartRanks order;
  for (std::size_t i = 0; i < attempt.ranks.size(); ++i) {
    const RankState& rank = attempt.ranks[i];
    if (rank.place.worker != worker) continue;
    order.ranks.push_back(static_cast<int>(i));
    order.gpus.push_back(rank.place.gpus);
  }
  bool open = false;  // a repeat names all of them again: the order is the same message each time
  for (const int rank : order.ranks) {
    const RankState& r = attempt.ranks[static_cast<std::size_t>(rank)];
    open = open || (!r.started && !r.ended);
  }
  if (!open) return {};
  order.id = id;
  const auto known = state.workers.find(worker);
  if (known != state.workers.end()) order.incarnation = known->second.incarnation;
  order.job_name = job.plan.name;
  order.spec = job.spec;
  order.set = job.set;
  order.inputs = attempt.inputs;
  order.ranks_total = static_cast<int>(attempt.ranks.size());
  order.gang_token = sha256_hex(state.secret + " " + id.text()).substr(0, 32);
  order.master_address = attempt.master_address;
  order.master_port = attempt.master_port;
  order.out_directory = out_directory(config, id);
  order.checkpoint_directory = task_directory(config, id.task) + "/checkpoint";
  order.resume_path = attempt.resume.path;
  order.resume_step = attempt.resume.step;
  order.cpu_per_rank = plan.resources.cpu;
  order.memory_bytes_per_rank = plan.resources.memory_bytes;
  order.grace = plan.grace;
  return order;
}

}  // namespace orch::coordinator
