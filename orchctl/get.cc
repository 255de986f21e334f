#include <map>
#include <nlohmann/json.hpp>

#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/table.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ListKind;
using protocol::ListReply;

std::string age(WallTime from, WallTime now) {
  if (from.microseconds == 0) return "-";
  return human_duration(std::chrono::microseconds(now.microseconds - from.microseconds));
}

std::string span(WallTime from, WallTime to, WallTime now) {
  return age(from, to.microseconds == 0 ? now : to);
}

std::string progress(const protocol::TaskInfo& task) {
  return task.steps == 0 ? "" : std::to_string(task.step) + "/" + std::to_string(task.steps);
}

Table jobs_table(const ListReply& list, WallTime now) {
  Table table({"JOB", "NAME", "STATE", "TASKS", "AGE", "TIME", "REASON"});
  for (const auto& job : list.jobs) {
    table.add({std::to_string(job.job.value), job.name, protocol::state_name(job.state),
               std::to_string(job.tasks_done) + "/" + std::to_string(job.tasks_total),
               age(job.submitted, now), span(job.started, job.ended, now), job.reason});
  }
  return table;
}

Table tasks_table(const ListReply& list) {
  Table table({"TASK", "KIND", "STATE", "ATTEMPT", "STEP", "ARTIFACT", "REASON"});
  for (const auto& task : list.tasks) {
    table.add({task.task.text(), task.kind, protocol::state_name(task.state),
               std::to_string(task.attempt), progress(task), task.artifact.substr(0, kDigestShown),
               task.reason});
  }
  return table;
}

Table attempts_table(const ListReply& list, WallTime now) {
  Table table({"TASK", "ATTEMPT", "STATE", "FAILURE", "TIME", "RANKS", "MESSAGE"});
  for (const auto& attempt : list.attempts) {
    std::string ranks;
    for (const auto& rank : attempt.ranks) {
      ranks += (ranks.empty() ? "" : " ") + std::to_string(rank.rank) + "@" + rank.worker;
    }
    table.add({attempt.id.task.text(), std::to_string(attempt.id.attempt.value),
               protocol::state_name(attempt.state), protocol::failure_name(attempt.failure),
               span(attempt.started, attempt.ended, now), ranks, attempt.message});
  }
  return table;
}

Table workers_table(const ListReply& list) {
  Table table({"WORKER", "STATE", "SLOTS", "FREE", "GPUS", "MEMORY", "PID", "HOST"});
  for (const auto& worker : list.workers) {
    table.add({worker.worker, worker.state, std::to_string(worker.slots),
               std::to_string(worker.free), std::to_string(worker.gpus),
               std::to_string(worker.memory_bytes >> 20) + "MiB", std::to_string(worker.pid),
               worker.host});
  }
  return table;
}

Table artifacts_table(const ListReply& list, WallTime now) {
  Table table({"DIGEST", "KIND", "MADE BY", "STEP", "AGE", "PATH"});
  for (const auto& artifact : list.artifacts) {
    table.add({artifact.digest.substr(0, kDigestShown), artifact.kind, artifact.made_by.text(),
               std::to_string(artifact.step), age(artifact.made, now), artifact.path});
  }
  return table;
}

/// Jobs that wait and run, by queue: a list made here, since this release has one order for all
/// queues.
std::map<std::string, std::pair<int, int>> queues_of(const ListReply& list) {
  std::map<std::string, std::pair<int, int>> queues;
  queues["default"];
  for (const auto& job : list.jobs) {
    auto& [waiting, running] = queues[job.queue];
    waiting += job.state == protocol::State::kWaiting ? 1 : 0;
    running += job.state == protocol::State::kRunning ? 1 : 0;
  }
  return queues;
}

Json as_json(const std::string& kind, const ListReply& list) {
  if (kind == "jobs") return {{kind, array_of(list.jobs)}};
  if (kind == "tasks") return {{kind, array_of(list.tasks)}};
  if (kind == "attempts") return {{kind, array_of(list.attempts)}};
  if (kind == "workers") return {{kind, array_of(list.workers)}};
  if (kind == "artifacts") return {{kind, array_of(list.artifacts)}};
  Json queues = Json::array();
  for (const auto& [name, counts] : queues_of(list)) {
    queues.push_back({{"queue", name}, {"waiting", counts.first}, {"running", counts.second}});
  }
  return {{kind, std::move(queues)}};
}

void print_table(const std::string& kind, const ListReply& list, WallTime now) {
  if (kind == "jobs") return jobs_table(list, now).print();
  if (kind == "tasks") return tasks_table(list).print();
  if (kind == "attempts") return attempts_table(list, now).print();
  if (kind == "workers") return workers_table(list).print();
  if (kind == "artifacts") return artifacts_table(list, now).print();
  Table table({"QUEUE", "WAITING", "RUNNING"});
  for (const auto& [name, counts] : queues_of(list)) {
    table.add({name, std::to_string(counts.first), std::to_string(counts.second)});
  }
  table.print();
}

const std::map<std::string, ListKind>& kinds() {
  static const std::map<std::string, ListKind> kKinds = {
      {"jobs", ListKind::kJobs},         {"tasks", ListKind::kTasks},
      {"attempts", ListKind::kAttempts}, {"workers", ListKind::kWorkers},
      {"queues", ListKind::kJobs},       {"artifacts", ListKind::kArtifacts}};
  return kKinds;
}

}  // namespace

int get(Session& session) {
  const Options& options = session.options();
  std::string kind = options.kind;
  if (!kinds().contains(kind) && kinds().contains(kind + "s")) kind += "s";
  const auto found = kinds().find(kind);
  if (found == kinds().end()) {
    return fail(options, invalid("there is no list of '" + options.kind + "'",
                                 "orchctl get jobs|tasks|attempts|workers|queues|artifacts"));
  }
  for (;;) {
    auto list = session.list(found->second, options.name);
    if (!list.ok()) return fail(options, list.error());
    if (options.output == Output::kTable) {
      if (options.watch && terminal_columns() != 0) std::fputs("\033[H\033[2J", stdout);
      print_table(kind, *list, session.clock().wall());
    } else {
      print_record(options.output, as_json(kind, *list));
    }
    std::fflush(stdout);
    if (!options.watch || interrupted()) return kExitDone;
    sleep_for(std::chrono::seconds(1));
    if (interrupted()) return kExitInterrupted;
  }
}

}  // namespace orch::orchctl
