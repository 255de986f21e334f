// describe and explain: everything about one thing, and why a job waits.
#include <cstdio>
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

/// All lists about one job or task, gathered in one reply.
Result<ListReply> everything(Session& session, const std::string& name) {
  ORCH_ASSIGN(ListReply all, session.list(ListKind::kTasks, name));
  const std::string job = name.substr(0, name.find('/'));
  ORCH_ASSIGN(ListReply jobs, session.list(ListKind::kJobs, job));
  ORCH_ASSIGN(ListReply attempts, session.list(ListKind::kAttempts, name));
  ORCH_ASSIGN(ListReply events, session.list(ListKind::kEvents, name));
  all.jobs = std::move(jobs.jobs);
  all.attempts = std::move(attempts.attempts);
  all.events = std::move(events.events);
  return all;
}

void print_job(const protocol::JobInfo& job, WallTime now) {
  const WallTime until = job.ended.microseconds == 0 ? now : job.ended;
  const Duration time = std::chrono::microseconds(
      job.started.microseconds == 0 ? 0 : until.microseconds - job.started.microseconds);
  std::printf("job       %llu  %s\n", static_cast<unsigned long long>(job.job.value),
              job.name.c_str());
  std::printf("state     %s%s%s\n", protocol::state_name(job.state), job.reason.empty() ? "" : ": ",
              job.reason.c_str());
  std::printf("queue     %s, priority %d\n", job.queue.c_str(), job.priority);
  std::printf("submitted %s\n", iso8601(job.submitted).c_str());
  if (job.started.microseconds != 0) std::printf("running   %s\n", human_duration(time).c_str());
}

void print_tables(const ListReply& all) {
  Table tasks({"TASK", "KIND", "STATE", "ATTEMPT", "RESTARTS", "STEP", "ARTIFACT", "REASON"});
  for (const auto& task : all.tasks) {
    tasks.add({task.task.task, task.kind, protocol::state_name(task.state),
               std::to_string(task.attempt), std::to_string(task.restarts),
               std::to_string(task.step), task.artifact.substr(0, 12), task.reason});
  }
  std::printf("\n");
  tasks.print();
  Table attempts({"ATTEMPT", "STATE", "FAILURE", "STARTED", "RANKS", "MESSAGE"});
  for (const auto& attempt : all.attempts) {
    std::string ranks;
    for (const auto& rank : attempt.ranks) {
      ranks += (ranks.empty() ? "" : " ") + std::to_string(rank.rank) + "@" + rank.worker + ":" +
               std::to_string(rank.pid);
    }
    attempts.add({attempt.id.text(), protocol::state_name(attempt.state),
                  protocol::failure_name(attempt.failure), iso8601(attempt.started), ranks,
                  attempt.message});
  }
  std::printf("\n");
  attempts.print();
  Table events({"AT", "TASK", "EVENT"});
  for (const auto& event : all.events) events.add({iso8601(event.at), event.task, event.text});
  std::printf("\n");
  events.print();
}

int describe_artifact_or_worker(Session& session, const Error& no_job) {
  const Options& options = session.options();
  auto artifacts = session.list(ListKind::kArtifacts, options.name);
  if (artifacts.ok() && !artifacts->artifacts.empty()) {
    print_record(options.output == Output::kTable ? Output::kYaml : options.output,
                 {{"artifacts", array_of(artifacts->artifacts)}});
    return kExitDone;
  }
  auto workers = session.list(ListKind::kWorkers, options.name);
  if (workers.ok() && !workers->workers.empty()) {
    print_record(options.output == Output::kTable ? Output::kYaml : options.output,
                 {{"workers", array_of(workers->workers)}});
    return kExitDone;
  }
  return fail(options, no_job);
}

}  // namespace

int describe(Session& session) {
  const Options& options = session.options();
  auto all = everything(session, options.name);
  if (!all.ok() && all.error().code == Code::kNotFound)
    return describe_artifact_or_worker(session, all.error());
  if (!all.ok()) return fail(options, all.error());
  if (options.output != Output::kTable) {
    print_record(options.output, {{"jobs", array_of(all->jobs)},
                                  {"tasks", array_of(all->tasks)},
                                  {"attempts", array_of(all->attempts)},
                                  {"events", array_of(all->events)}});
    return kExitDone;
  }
  for (const auto& job : all->jobs) print_job(job, session.clock().wall());
  print_tables(*all);
  std::printf("\nnext: orchctl explain %s · orchctl logs %s · orchctl lineage %s\n",
              options.name.c_str(), options.name.c_str(), options.name.c_str());
  return kExitDone;
}

int explain(Session& session) {
  const Options& options = session.options();
  auto reply = session.ask<protocol::ExplainReply>(protocol::Explain{options.name});
  if (!reply.ok()) return fail(options, reply.error());
  if (options.output != Output::kTable) {
    print_record(options.output, {{"job", reply->job.value},
                                  {"state", protocol::state_name(reply->state)},
                                  {"reasons", array_of(reply->reasons)},
                                  {"estimated_start", reply->estimated_start}});
    return kExitDone;
  }
  std::printf("job %llu is %s\n", static_cast<unsigned long long>(reply->job.value),
              protocol::state_name(reply->state));
  if (reply->reasons.empty()) {
    std::printf("nothing of it waits\n");
    return kExitDone;
  }
  Table table({"TASK", "WAITS BECAUSE", "WHAT WOULD CHANGE IT"});
  for (const auto& reason : reply->reasons) table.add({reason.task, reason.reason, reason.change});
  table.print();
  if (!reply->estimated_start.empty())
    std::printf("estimated start: %s\n", reply->estimated_start.c_str());
  return kExitDone;
}

}  // namespace orch::orchctl
