#pragma once
// What programs say to each other, as plain structs; `*.capnp` beside this file is the wire form,
// codec.h converts and validates at the border. Three conversations: client ↔ coordinator, worker ↔
// coordinator (both over ZeroMQ CURVE), rank ↔ its worker or `orch-tool run` (length-prefixed
// frames over an inherited Unix socket).

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace orch::protocol {

inline constexpr std::uint32_t kProtocolVersion = 1;

// ---- states
// ------------------------------------------------------------------------------------------------

enum class State : unsigned char {
  kWaiting,
  kRunning,
  kPaused,
  kSucceeded,
  kFailed,
  kCancelled,
  kLost
};
/// "waiting" … "lost" (kLost: attempts only)
const char* state_name(State state);
inline bool is_final(State s) {
  return s == State::kSucceeded || s == State::kFailed || s == State::kCancelled ||
         s == State::kLost;
}

/// Why an attempt ended. kNone while it runs or when it succeeded.
enum class Failure : unsigned char {
  kNone,
  kExit,
  kSignal,
  kWorkerLost,
  kOutOfMemory,
  kSpec,
  kNumeric,
  kTimeout,
  kCancelled,
  kPaused,
  kStart
};
const char* failure_name(Failure failure);

// ---- what lists show (get … -o json)
// -------------------------------------------------------------------------------

struct JobInfo {
  JobId job;
  std::string name, queue;
  int priority = 0;
  State state = State::kWaiting;
  WallTime submitted, started, ended;
  int tasks_total = 0, tasks_done = 0;
  std::string reason;  ///< one line: why it waits or failed
};
struct TaskInfo {
  TaskId task;
  std::string kind;
  State state = State::kWaiting;
  std::uint64_t attempt = 0;
  int restarts = 0;
  std::string artifact;  ///< digest, "" before success
  std::string artifact_path;
  std::string ledger_hash;  ///< of the last committed step, "" for kinds without a ledger
  std::int64_t step = 0, steps = 0;
  std::string reason;
};
struct RankInfo {
  int rank = 0;
  std::string worker;
  std::int64_t pid = 0;
};
struct AttemptInfo {
  AttemptId id;
  State state = State::kRunning;
  Failure failure = Failure::kNone;
  std::string message;
  std::vector<RankInfo> ranks;
  WallTime started, ended;
};
struct WorkerInfo {
  std::string worker;
  std::int64_t pid = 0;
  std::string state;  ///< ready | silent | cordoned
  int slots = 0, free = 0, gpus = 0;
  std::uint64_t memory_bytes = 0;
  std::string host;
};
struct ArtifactInfo {
  std::string digest, kind, path;  ///< kind: dataset | checkpoint | report | output
  AttemptId made_by;
  std::int64_t step = 0;
  std::vector<std::string> inputs;  ///< digests
  WallTime made;
};
struct EventInfo {
  std::uint64_t position = 0;
  WallTime at;
  JobId job;
  std::string task, text;
};
/// One reason why a job waits, and what would change it.
struct WaitReason {
  std::string task, reason, change;
};

// ---- client → coordinator
// ------------------------------------------------------------------------------------------

struct Hello {
  std::uint32_t version = kProtocolVersion;
  std::string build;
};
struct Submit {
  std::string spec;  ///< YAML text
  std::string file;  ///< for messages
  std::map<std::string, std::string> set;
  std::string request_id;  ///< chosen by the client; a repeat returns the same job
  bool dry_run = false;
};
enum class ListKind : unsigned char {
  kJobs,
  kTasks,
  kAttempts,
  kWorkers,
  kQueues,
  kArtifacts,
  kSchedules,
  kEvents,
  kSpec
};
struct List {
  ListKind kind = ListKind::kJobs;
  std::string name;  ///< "" = all; JOB, JOB/TASK, worker, digest prefix
};
struct Explain {
  std::string job;
};
enum class ControlVerb : unsigned char { kCancel, kPause, kResume, kRetry };
struct Control {
  ControlVerb verb = ControlVerb::kCancel;
  std::string name;  ///< JOB or JOB/TASK
};
/// Bytes of the logs of ranks, in order; `cursor` is opaque ("" from the start).
struct ReadLogs {
  std::string name;           ///< JOB, JOB/TASK, JOB/TASK/RANK
  std::uint64_t attempt = 0;  ///< 0: all
  std::string cursor;
};
struct ReadMetrics {
  std::string name;                 ///< JOB/TASK
  std::vector<std::string> series;  ///< empty: all
  std::int64_t after_step = -1;
};
struct ImportArtifact {
  std::string path, tag;
};

using ClientRequest =
    std::variant<Hello, Submit, List, Explain, Control, ReadLogs, ReadMetrics, ImportArtifact>;

// ---- coordinator → client
// ------------------------------------------------------------------------------------------

struct HelloReply {
  std::uint32_t version = kProtocolVersion;
  std::string build, coordinator;
  std::int64_t pid = 0;
};
struct SubmitReply {
  JobId job;
  bool repeated = false;
  std::vector<std::string> tasks;
};
struct ListReply {
  std::vector<JobInfo> jobs;
  std::vector<TaskInfo> tasks;
  std::vector<AttemptInfo> attempts;
  std::vector<WorkerInfo> workers;
  std::vector<ArtifactInfo> artifacts;
  std::vector<EventInfo> events;
  std::string spec;                        ///< kSpec: the job's YAML as submitted
  std::map<std::string, std::string> set;  ///< kSpec: its --set values
};
struct ExplainReply {
  JobId job;
  State state = State::kWaiting;
  std::vector<WaitReason> reasons;
  std::string estimated_start;  ///< for people; "unknown: …" where it cannot be known
};
struct ControlReply {
  std::string name;
  std::string text;  ///< the new state, for people
};
struct LogChunk {
  AttemptId attempt;
  int rank = 0;
  std::uint64_t offset = 0;  ///< of the first byte in that rank's log: the sequence number
  std::string bytes;
};
struct ReadLogsReply {
  std::vector<LogChunk> chunks;
  std::string cursor;
  bool end = false;  ///< nothing more will come (all attempts named are over and shipped)
};
struct MetricPoint {
  std::string series;
  std::int64_t step = 0;
  double value = 0;
  WallTime at;
  std::uint64_t attempt = 0;
};
struct ReadMetricsReply {
  std::vector<MetricPoint> points;
};
struct ImportReply {
  std::string digest;
};
struct ErrorReply {
  Error error;
};
using ClientReply = std::variant<HelloReply, SubmitReply, ListReply, ExplainReply, ControlReply,
                                 ReadLogsReply, ReadMetricsReply, ImportReply, ErrorReply>;

// ---- worker → coordinator
// ------------------------------------------------------------------------------------------

/// What an attempt on this worker looks like; sent at (re)registration so that both sides agree.
struct HeldAttempt {
  AttemptId id;
  std::vector<int> ranks;
};
struct Register {
  std::uint32_t version = kProtocolVersion;
  std::string worker, host;
  std::int64_t pid = 0;
  std::uint64_t incarnation = 0;  ///< rises with each start of the daemon
  int slots = 0;
  std::vector<std::string> gpus;  ///< one name a device
  std::uint64_t memory_bytes = 0;
  std::vector<HeldAttempt> held;
};
struct Heartbeat {
  std::string worker;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  std::vector<HeldAttempt> held;
};
struct RankStarted {
  AttemptId id;
  int rank = 0;
  std::int64_t pid = 0;
};
/// A rank process is gone. The worker decides the class from status, report and cgroup.
struct RankEnded {
  AttemptId id;
  int rank = 0;
  Failure failure = Failure::kNone;
  int status = 0;  ///< exit code, or signal number when failure is kSignal
  std::string message;
};
/// A two-phase commit's second question: the files are durable in `path`, may they count?
struct CommitRequest {
  AttemptId id;
  std::string kind;  ///< checkpoint (mid-run) | result (the task's artifact) | progress (no files:
                     ///< ledger_hash and step only)
  std::string artifact_kind;  ///< dataset | checkpoint | report | output
  std::string path, digest;
  std::int64_t step = 0, steps = 0;
  std::string ledger_hash;
};
/// Answered by StopAck-less convention: the worker repeats until the coordinator's ReleaseAttempt
/// or a newer order.
struct AttemptReleased {  ///< every process of this attempt on this worker is gone; its devices are
                          ///< free
  AttemptId id;
};
struct LogShipment {
  std::string worker;
  std::vector<LogChunk> chunks;
  std::vector<int> closed;  ///< indices into chunks that are the last of their log
};
struct MetricShipment {
  std::string worker;
  AttemptId id;
  std::uint64_t offset = 0;  ///< byte offset in metrics.jsonl: the sequence number
  std::uint64_t end_offset = 0;
  std::vector<MetricPoint> points;
};
using WorkerMessage = std::variant<Register, Heartbeat, RankStarted, RankEnded, CommitRequest,
                                   AttemptReleased, LogShipment, MetricShipment>;

// ---- coordinator → worker
// ------------------------------------------------------------------------------------------

struct RegisterReply {
  std::uint64_t incarnation = 0;
  std::vector<AttemptId> disowned;  ///< kill within 1 s
};
struct HeartbeatReply {
  std::uint64_t sequence = 0;
  bool register_again = false;  ///< the coordinator does not know this incarnation
  std::vector<AttemptId> disowned;
};
/// Start these ranks of one attempt on this worker. Repeated until RankStarted or RankEnded came;
/// idempotent.
struct StartRanks {
  AttemptId id;
  std::uint64_t incarnation =
      0;  ///< of the worker it is meant for; another incarnation ignores it (0: any)
  std::string job_name;
  std::string spec;  ///< YAML text as submitted; the rank parses it again with `set` and takes task
                     ///< `id.task.task`
  std::map<std::string, std::string> set;
  std::map<std::string, std::string> inputs;  ///< reference text → absolute path
  std::vector<int> ranks;                     ///< which ranks run here
  std::vector<std::vector<int>> gpus;         ///< device indices for each of them
  int ranks_total = 1;
  int ranks_before = 0;    ///< LOCAL_RANK of the first of `ranks` is 0
  std::string gang_token;  ///< secret name of the gang's rendezvous
  std::string master_address;
  int master_port = 0;
  std::string out_directory;         ///< new and empty for each attempt, shared by its ranks
  std::string checkpoint_directory;  ///< outlives attempts
  std::string resume_path;           ///< last committed checkpoint, "" to begin
  std::int64_t resume_step = 0;
  std::int64_t cpu_per_rank = 1;
  std::uint64_t memory_bytes_per_rank = 0;
  Duration grace{};
};
enum class StopReason : unsigned char { kCancel, kPause, kGangFailed, kTimeout, kDisowned };
/// kPause: checkpoint, wait for its commit, exit. kGangFailed, kDisowned: SIGKILL at once. Others:
/// SIGTERM, SIGKILL after grace.
struct StopAttempt {
  AttemptId id;
  StopReason reason = StopReason::kCancel;
  Duration grace{};
};
struct CommitReply {
  AttemptId id;
  std::string kind, digest;
  std::int64_t step = 0;
  bool accepted = false;
  std::string message;
};
struct LogAck {  ///< durable up to there; the spool may forget it
  AttemptId id;
  int rank = 0;
  std::uint64_t end_offset = 0;
  bool closed = false;  ///< the coordinator also knows that nothing follows; only now the worker
                        ///< forgets the file
};
struct MetricAck {
  AttemptId id;
  std::uint64_t end_offset = 0;
};
struct RankEndedAck {
  AttemptId id;
  int rank = 0;
};
struct ReleasedAck {
  AttemptId id;
};
/// For `command`: every rank of the gang, on all workers, ended well. Sent to the worker of rank 0,
/// repeated until its CommitRequest (kind "result", artifact_kind "output", path = the attempt's
/// out directory, digest of its content) came.
struct SealAttempt {
  AttemptId id;
  std::string out_directory;
};
using CoordinatorMessage =
    std::variant<RegisterReply, HeartbeatReply, StartRanks, StopAttempt, CommitReply, LogAck,
                 MetricAck, RankEndedAck, ReleasedAck, ErrorReply, SealAttempt>;

// ---- rank ↔ its parent (worker or orch-tool run)
// -------------------------------------------------------------------

/// First frame a rank reads.
struct RankStart {
  AttemptId id;
  int rank = 0, ranks_total = 1, local_rank = 0, local_ranks = 1;
  std::string spec;
  std::map<std::string, std::string> set, inputs;
  std::vector<int> gpus;
  std::string gang_token, out_directory, checkpoint_directory,
      run_directory;  ///< run_directory: metrics.jsonl of rank 0
  std::string resume_path;
  std::int64_t resume_step = 0;
  int threads = 1;
};
struct RankCommitted {  ///< answer to RankCommit
  std::string kind, digest;
  std::int64_t step = 0;
  bool accepted = false;
  std::string message;
};
struct RankStop {  ///< save, wait for the commit, leave with exit code 0 (no result)
  bool checkpoint_first = true;
};
using ToRank = std::variant<RankStart, RankCommitted, RankStop>;

struct RankReady {};  ///< RankStart was understood
struct RankBeat {
  std::int64_t step = 0, steps = 0;
};
struct RankCommit {  ///< rank 0 only; kind, artifact_kind as CommitRequest
  std::string kind, artifact_kind, path, digest;
  std::int64_t step = 0, steps = 0;
  std::string ledger_hash;
};
struct RankFailed {  ///< sent before a non-zero exit, so that the cause has words
  Failure failure = Failure::kExit;
  std::string message;
};
struct RankStopped {  ///< left on request after RankStop
  std::int64_t step = 0;
};
using FromRank = std::variant<RankReady, RankBeat, RankCommit, RankFailed, RankStopped>;

}  // namespace orch::protocol
