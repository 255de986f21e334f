#pragma once
// Everything the brain knows. Three layers: facts (changed only by apply(), rebuilt by replay),
// indexes derived from facts (kept by apply(), rebuilt by rebuild_indexes()), and `live` (what this
// process has heard; lost at a crash, never logged). Ordered containers only: their order reaches
// effects. Owned by the coordinator's one thread.

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "coordinator/plan.h"
#include "protocol/messages.h"

namespace orch::coordinator {

/// Where one rank runs.
struct Placement {
  std::string worker;
  std::vector<int> gpus;  ///< device indices on that worker
};

struct RankState {
  Placement place;
  std::int64_t pid = 0;
  bool started = false, ended = false;
  protocol::Failure failure = protocol::Failure::kNone;
  int status = 0;
  std::string message;
};

/// What a commit brought. Empty digest: nothing yet.
struct CommitState {
  std::string kind, path, digest, ledger_hash;  ///< kind: dataset | checkpoint | report | output
  std::int64_t step = 0;
  Attempt made_by;
};

struct AttemptState {
  Attempt number;
  protocol::State state = protocol::State::kRunning;
  protocol::Failure failure = protocol::Failure::kNone;
  std::string message;
  std::vector<RankState> ranks;   ///< by rank; those of one worker are neighbours
  std::set<std::string> holding;  ///< workers that have not said that all its processes are gone
  bool stopping = false;
  protocol::StopReason stop_reason = protocol::StopReason::kCancel;
  std::string master_address;
  int master_port = 0;
  std::map<std::string, std::string> inputs;  ///< reference text → path
  std::vector<std::string> input_digests;
  CommitState resume;     ///< the checkpoint that it began from
  CommitState result;     ///< counts when the attempt succeeds
  std::int64_t step = 0;  ///< highest one committed
  WallTime started, ended;
  bool over() const { return state != protocol::State::kRunning; }
};

struct TaskState {
  protocol::State state = protocol::State::kWaiting;
  bool hold = false;                   ///< pause was asked for
  std::vector<AttemptState> attempts;  ///< attempt n is at n − 1
  int restarts = 0;                    ///< of the budget, since the last retry by hand
  std::string suspect;                 ///< worker of the last failure
  std::string artifact, artifact_path;
  CommitState checkpoint;  ///< newest committed one; the next attempt resumes from it
  std::string ledger_hash;
  std::int64_t step = 0, steps = 0;
  std::string reason;
};

struct JobState {
  JobId id;
  JobPlan plan;
  std::string request_id, spec, file;
  std::map<std::string, std::string> set;
  protocol::State state = protocol::State::kWaiting;
  WallTime submitted, started, ended;
  std::vector<TaskState> tasks;  ///< as plan.tasks
  std::vector<protocol::EventInfo> history;
  // Derived.
  std::vector<std::vector<int>> needs, dependents;  ///< indices into tasks
  std::map<std::string, int> index;                 ///< of a task, by name
  /// -1 when there is no such task.
  int find(const std::string& task) const {
    const auto found = index.find(task);
    return found == index.end() ? -1 : found->second;
  }
};

struct WorkerState {
  std::string worker, host;
  std::int64_t pid = 0;
  std::uint64_t incarnation = 0;
  int slots = 0;
  std::vector<std::string> gpus;
  std::uint64_t memory_bytes = 0;
  // Derived: what attempts hold.
  int slots_used = 0;
  std::uint64_t memory_used = 0;
  std::set<int> gpus_used;
};

/// How this process hears a worker.
struct Session {
  std::string peer;  ///< "" until it has registered with this process
  TimePoint last_heard{};
  bool silent = false;
};

/// What is not a fact.
struct Live {
  std::map<std::string, Session> sessions;         ///< by worker
  std::map<std::string, std::string> peers;        ///< peer → worker
  std::map<AttemptId, TimePoint> attempt_started;  ///< for timeouts and estimates
  std::map<TaskId, TimePoint> backoff_until;
  std::map<std::pair<AttemptId, std::string>, TimePoint> ordered;  ///< last (re)sent, by worker
  std::uint64_t free_disk_bytes = ~std::uint64_t{0};
  bool reschedule = false;  ///< something changed that may let a task start
};

/// Tasks that could start if there were room: priority (negated), job, index.
using QueueKey = std::tuple<int, JobId, int>;

struct State {
  // Facts.
  LogPosition position;  ///< of the last record applied
  std::string secret;    ///< names gangs' rendezvous; never leaves the log but hashed
  JobId last_job;
  std::map<JobId, JobState> jobs;
  std::map<std::string, WorkerState> workers;
  std::map<std::string, protocol::ArtifactInfo> artifacts;  ///< by digest
  std::deque<protocol::EventInfo> history;                  ///< of the cluster, not of a job
  // Derived.
  std::map<std::string, JobId> requests;  ///< request id → job
  std::map<std::string, JobId> names;     ///< name → newest job
  std::set<QueueKey> queue;
  std::set<AttemptId> unfinished;  ///< attempts that run or still hold a worker
  std::size_t open_jobs = 0;       ///< not final

  Live live;
};

/// Null when there is no such thing.
const JobState* find_job(const State& state, JobId job);
const TaskState* find_task(const State& state, const TaskId& id);
const TaskPlan* find_plan(const State& state, const TaskId& id);
const AttemptState* find_attempt(const State& state, const AttemptId& id);
TaskId task_id(const JobState& job, int index);
/// The task's newest attempt, or null before the first.
const AttemptState* last_attempt(const TaskState& task);
/// Registered with this process and heard within the silence limit.
bool is_ready(const State& state, const std::string& worker);

/// Recomputes every derived field from the facts (after a snapshot was decoded).
void rebuild_indexes(State& state);

}  // namespace orch::coordinator
