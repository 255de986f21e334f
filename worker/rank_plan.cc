#include "worker/rank_plan.h"

#include <algorithm>
#include <filesystem>

#include "base/limits.h"
#include "protocol/spec_parse.h"

namespace orch::worker {
namespace {

using protocol::StartRanks;

std::string parent_of(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

Result<void> check(const StartRanks& order) {
  const auto total = static_cast<std::size_t>(std::max(order.ranks_total, 0));
  if (order.ranks.empty() || total > limits::kRanksPerTaskMax || order.ranks.size() > total) {
    return invalid("start " + order.id.text() + ": " + std::to_string(order.ranks.size()) + " of " +
                   std::to_string(order.ranks_total) + " ranks");
  }
  if (!order.gpus.empty() && order.gpus.size() != order.ranks.size()) {
    return invalid("start " + order.id.text() + ": devices of " +
                   std::to_string(order.gpus.size()) + " ranks for " +
                   std::to_string(order.ranks.size()));
  }
  std::vector<int> sorted = order.ranks;
  std::sort(sorted.begin(), sorted.end());
  const bool twice = std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end();
  if (twice || sorted.front() < 0 || sorted.back() >= order.ranks_total) {
    return invalid("start " + order.id.text() + ": a rank is named twice or out of range");
  }
  return {};
}

std::string device_list(const std::vector<int>& gpus) {
  std::string text;
  for (const int gpu : gpus) text += (text.empty() ? "" : ",") + std::to_string(gpu);
  return text;
}

/// What every rank carries, so that a starting worker can find leftovers.
std::map<std::string, std::string> marks(const Config& config, const StartRanks& order, int rank) {
  return {{"ORCH_HOME", config.home},
          {"ORCH_WORKER", config.worker},
          {"ORCH_JOB", std::to_string(order.id.task.job.value)},
          {"ORCH_TASK", order.id.task.task},
          {"ORCH_ATTEMPT", std::to_string(order.id.attempt.value)},
          {"ORCH_RANK", std::to_string(rank)},
          {"ORCH_RANKS", std::to_string(order.ranks_total)}};
}

/// CONTRACT section 3; the spec's own env cannot replace what identifies the rank.
std::vector<std::string> command_environment(const Config& config, const StartRanks& order,
                                             const protocol::CommandSpec& command, int local) {
  const int rank = order.ranks[static_cast<std::size_t>(local)];
  std::map<std::string, std::string> env = {
      {"PATH", config.programs_directory.empty() ? config.path
                                                 : config.programs_directory + ":" + config.path},
      {"LANG", "C.UTF-8"},
      {"HOME", order.out_directory}};
  for (const auto& [key, value] : command.env) env[key] = value;
  for (const auto& [key, value] : marks(config, order, rank)) env[key] = value;
  env["ORCH_LOCAL_RANK"] = env["LOCAL_RANK"] = std::to_string(local);
  env["ORCH_OUT"] = order.out_directory;
  env["ORCH_CHECKPOINT"] = order.checkpoint_directory;
  env["RANK"] = env["ORCH_RANK"];
  env["WORLD_SIZE"] = env["ORCH_RANKS"];
  env["LOCAL_WORLD_SIZE"] = std::to_string(order.ranks.size());
  env["MASTER_ADDR"] = order.master_address.empty() ? "127.0.0.1" : order.master_address;
  env["MASTER_PORT"] = std::to_string(order.master_port);
  if (!order.gpus.empty()) {
    env["CUDA_VISIBLE_DEVICES"] = device_list(order.gpus[static_cast<std::size_t>(local)]);
  }
  std::vector<std::string> lines;
  for (const auto& [key, value] : env) lines.push_back(key + "=" + value);
  return lines;
}

int threads_of(const protocol::TaskSpec& task) {
  if (const auto* pretrain = std::get_if<protocol::PretrainSpec>(&task.block)) {
    return pretrain->train.threads;
  }
  if (const auto* instruct = std::get_if<protocol::InstructSpec>(&task.block)) {
    return instruct->train.threads;
  }
  return task.resources.cpu;
}

protocol::RankStart first_frame(const Config& config, const StartRanks& order,
                                const protocol::TaskSpec& task, int local) {
  protocol::RankStart start;
  start.id = order.id;
  start.rank = order.ranks[static_cast<std::size_t>(local)];
  start.ranks_total = order.ranks_total;
  start.local_rank = local;
  start.local_ranks = static_cast<int>(order.ranks.size());
  start.spec = order.spec;
  start.set = order.set;
  start.inputs = order.inputs;
  if (!order.gpus.empty()) start.gpus = order.gpus[static_cast<std::size_t>(local)];
  start.gang_token = order.gang_token;
  start.out_directory = order.out_directory;
  start.checkpoint_directory = order.checkpoint_directory;
  start.run_directory = run_directory(config.home, order.id);
  start.resume_path = order.resume_path;
  start.resume_step = order.resume_step;
  start.threads = threads_of(task);
  return start;
}

}  // namespace

Result<std::vector<SpawnRank>> plan_ranks(const Config& config, const StartRanks& order) {
  ORCH_TRY(check(order));
  const auto parsed = protocol::parse_spec(order.spec, "spec of job " + order.job_name, order.set);
  if (!parsed.ok()) return parsed.error();
  const protocol::TaskSpec* task = parsed.spec->find(order.id.task.task);
  if (task == nullptr) {
    return invalid("job " + order.job_name + " has no task " + order.id.task.task);
  }
  const auto* command = std::get_if<protocol::CommandSpec>(&task->block);
  std::vector<SpawnRank> plan;
  for (std::size_t i = 0; i < order.ranks.size(); ++i) {
    const int local = static_cast<int>(i);
    SpawnRank spawn;
    spawn.rank = {order.id, order.ranks[i]};
    spawn.log_path = log_path(config.spool_directory, spawn.rank);
    spawn.memory_bytes = order.memory_bytes_per_rank;
    spawn.cpu = order.cpu_per_rank;
    spawn.inputs.assign(order.inputs.begin(), order.inputs.end());
    const std::string run = run_directory(config.home, order.id);
    spawn.make_directories = {parent_of(order.out_directory), order.out_directory, run,
                              order.checkpoint_directory};
    if (command != nullptr) {
      spawn.command = true;
      spawn.argv = command->argv;
      spawn.environment = command_environment(config, order, *command, local);
      spawn.directory = order.out_directory;
    } else {
      for (const auto& [key, value] : marks(config, order, spawn.rank.rank)) {
        spawn.environment.push_back(key + "=" + value);
      }
      spawn.directory = run;
      spawn.start = first_frame(config, order, *task, local);
    }
    plan.push_back(std::move(spawn));
  }
  return plan;
}

}  // namespace orch::worker
