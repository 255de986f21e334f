#include "tests/coordinator/sample_records.h"

namespace orch::coordinator {
namespace {

JobPlan sample_plan() {
  TaskPlan task;
  task.name = "base";
  task.kind = "pretrain";
  task.references = {{protocol::Reference::Kind::kPath, "/data/x.jsonl", "", ""},
                     {protocol::Reference::Kind::kTask, "@world/a", "world", "a"}};
  task.ranks = {1, 4};
  task.resources = {2, 1, std::uint64_t{3} << 30};
  task.retry = {0, false, true};
  task.timeout = std::chrono::minutes(10);
  task.grace = std::chrono::seconds(30);
  TaskPlan second = task;
  second.name = "next";
  second.needs = {"base"};
  return {"demo", "research", -3, {task, second}};
}

}  // namespace

std::vector<Record> sample_records() {
  const AttemptId id{{JobId{1}, "base"}, Attempt{1}};
  const WallTime at{1'750'000'000'123'456};
  const CommitState commit{"checkpoint", "/home/work/1/base/checkpoint/s10", "d1", "h10", 10,
                           Attempt{1}};
  return {
      ClusterCreated{"secret", at},
      CoordinatorStarted{"0.1.0", 77, at},
      JobSubmitted{JobId{1},
                   "request-1",
                   "version: 1\n",
                   "/specs/a.yaml",
                   {{"seed", "7"}},
                   sample_plan(),
                   at},
      WorkerRegistered{"worker-0", "host", 78, 3, 4, {"H100", "H100"}, std::uint64_t{1} << 36, at},
      WorkerSilent{"worker-0", at},
      AttemptStarted{id,
                     {{"worker-0", {0}}, {"worker-0", {1}}},
                     "127.0.0.1",
                     29500,
                     {{"@world/a", "/home/work/1/world/1/out/a"}},
                     {"d0"},
                     CommitState{},
                     at},
      RankRuns{id, 1, 4711, at},
      RankGone{id, 1, protocol::Failure::kSignal, 9, "killed", at},
      AttemptStopping{id, protocol::StopReason::kPause, at},
      CommitAccepted{id, "checkpoint", commit, 100, at},
      AttemptEnded{id, protocol::State::kFailed, protocol::Failure::kSignal, "rank 1: killed",
                   protocol::State::kWaiting, "rank 1: killed", "worker-0", true, at},
      WorkerReleased{id, "worker-0", at},
      TaskChanged{{JobId{1}, "next"}, protocol::State::kPaused, true, true, "paused", at},
  };
}

}  // namespace orch::coordinator
