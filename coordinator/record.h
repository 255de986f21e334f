#pragma once
// The facts of the control log. What is not in a record did not happen: apply() (apply.h) is the
// only code that changes durable state, at run time and in replay alike. Append-only schema: new
// records at the end of the variant, new fields with new numbers (record_fields.h).

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/plan.h"
#include "coordinator/state.h"

namespace orch::coordinator {

/// First record of every log.
struct ClusterCreated {
  std::string secret;
  WallTime at;
};
struct CoordinatorStarted {
  std::string build;
  std::int64_t pid = 0;
  WallTime at;
};
struct JobSubmitted {
  JobId job;
  std::string request_id, spec, file;
  std::map<std::string, std::string> set;
  JobPlan plan;
  WallTime at;
};
struct WorkerRegistered {
  std::string worker, host;
  std::int64_t pid = 0;
  std::uint64_t incarnation = 0;
  int slots = 0;
  std::vector<std::string> gpus;
  std::uint64_t memory_bytes = 0;
  WallTime at;
};
/// History only: who is silent is not durable, what it lost is (AttemptEnded).
struct WorkerSilent {
  std::string worker;
  WallTime at;
};
struct AttemptStarted {
  AttemptId id;
  std::vector<Placement> ranks;
  std::string master_address;
  int master_port = 0;
  std::map<std::string, std::string> inputs;
  std::vector<std::string> input_digests;
  CommitState resume;
  WallTime at;
};
struct RankRuns {
  AttemptId id;
  int rank = 0;
  std::int64_t pid = 0;
  WallTime at;
};
struct RankGone {
  AttemptId id;
  int rank = 0;
  protocol::Failure failure = protocol::Failure::kNone;
  int status = 0;
  std::string message;
  WallTime at;
};
struct AttemptStopping {
  AttemptId id;
  protocol::StopReason reason = protocol::StopReason::kCancel;
  WallTime at;
};
/// The decision about a gang, with what becomes of its task.
struct AttemptEnded {
  AttemptId id;
  protocol::State state = protocol::State::kFailed;
  protocol::Failure failure = protocol::Failure::kNone;
  std::string message;
  protocol::State task_state = protocol::State::kWaiting;
  std::string reason;    ///< of the task's state, for people
  std::string suspect;   ///< worker to avoid, may be empty
  bool restart = false;  ///< takes one from the budget
  WallTime at;
};
struct WorkerReleased {
  AttemptId id;
  std::string worker;
  WallTime at;
};
/// kind as CommitRequest: checkpoint | result | progress.
struct CommitAccepted {
  AttemptId id;
  std::string kind;
  CommitState commit;
  std::int64_t steps = 0;
  WallTime at;
};
/// Cancel, pause, resume and retry of a task that has no running attempt, or its wish to be held.
struct TaskChanged {
  TaskId task;
  protocol::State state = protocol::State::kWaiting;
  bool hold = false;
  bool fresh_budget = false;
  std::string reason;
  WallTime at;
};

using Record = std::variant<ClusterCreated, CoordinatorStarted, JobSubmitted, WorkerRegistered,
                            WorkerSilent, AttemptStarted, RankRuns, RankGone, AttemptStopping,
                            AttemptEnded, WorkerReleased, CommitAccepted, TaskChanged>;

}  // namespace orch::coordinator
