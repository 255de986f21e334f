#pragma once
// The brain of a worker: step() turns an event into effects over plain State. No I/O, no clock, no
// threads, so that tests/sim runs it beside the coordinator's. The shell (worker/shell.h) turns
// bytes, process exits and timers into events, and effects into I/O. One file per event:
// reactor_register.cc, reactor_start.cc, reactor_stop.cc, reactor_exit.cc, reactor_commit.cc,
// reactor_ship.cc.
// What it repeats until acknowledged: Register, RankEnded, CommitRequest, AttemptReleased, log and
// metric shipments. Ranks never wait for the coordinator but at a commit.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "protocol/messages.h"

namespace orch::worker {

/// Fixed for the life of the daemon.
struct Config {
  std::string worker, host, home;
  std::int64_t pid = 0;
  std::uint64_t incarnation = 0;  ///< greater than that of every earlier start
  int slots = 1;
  std::vector<std::string> gpus;
  std::uint64_t memory_bytes = 0;
  std::string spool_directory;                        ///< HOME/spool/WORKER
  std::string programs_directory;                     ///< first in PATH of command ranks
  std::string path = "/usr/local/bin:/usr/bin:/bin";  ///< the rest of PATH
};

inline constexpr Duration kHeartbeatEvery = std::chrono::milliseconds(500);
inline constexpr Duration kRegisterEvery = std::chrono::milliseconds(200);
inline constexpr Duration kRepeatEvery = std::chrono::seconds(1);
inline constexpr Duration kSilentAfter = std::chrono::seconds(5);  ///< then a log line, no more
inline constexpr Duration kTickEvery = std::chrono::milliseconds(100);
inline constexpr Duration kGraceDefault = std::chrono::seconds(30);

/// A rank of an attempt.
struct RankId {
  AttemptId id;
  int rank = 0;
  auto operator<=>(const RankId&) const = default;
  /// "42/base#3 rank 0"
  std::string text() const { return id.text() + " rank " + std::to_string(rank); }
};

// ---- events ------------------------------------------------------------------------------------

/// The daemon has a (new) transport: register.
struct Connected {};
struct FromCoordinator {
  protocol::CoordinatorMessage message;
};
/// Every kTickEvery.
struct Tick {};
struct RankSpawned {
  RankId rank;
  std::int64_t pid = 0;
};
/// It could not be started; nothing of it is running.
struct RankNotSpawned {
  RankId rank;
  protocol::Failure failure = protocol::Failure::kStart;
  std::string message;
};
/// The process and every descendant of it are gone. `signal` != 0: killed by it, else `code`.
struct RankExited {
  RankId rank;
  int code = 0;
  int signal = 0;
  bool out_of_memory = false;  ///< the kernel killed it for its memory limit
};
struct RankFrame {
  RankId rank;
  protocol::FromRank message;
};
/// A log of an earlier life of this daemon, found in the spool. Send these first.
struct LogFound {
  RankId rank;
};
/// Answer to ReadLog: bytes at `offset`. `at_end`: they reach the present end of the file.
struct LogRead {
  RankId rank;
  std::uint64_t offset = 0;
  std::string bytes;
  bool at_end = true;
};
/// Answer to ReadMetrics: the points of the whole lines in [offset, end_offset).
struct MetricsRead {
  AttemptId id;
  std::uint64_t offset = 0, end_offset = 0;
  std::vector<protocol::MetricPoint> points;
  bool at_end = true;
};
/// Answer to DescribeDirectory. An empty digest: unreadable, `error` says why.
struct DirectoryDescribed {
  AttemptId id;
  std::string path, digest, error;
};
using Event =
    std::variant<Connected, FromCoordinator, Tick, RankSpawned, RankNotSpawned, RankExited,
                 RankFrame, LogFound, LogRead, MetricsRead, DirectoryDescribed>;

// ---- effects -----------------------------------------------------------------------------------

struct SendMessage {
  protocol::WorkerMessage message;
};
/// Answered by RankSpawned or RankNotSpawned, then RankExited.
struct SpawnRank {
  RankId rank;
  bool command = false;                  ///< exec of argv; else a fork of the warm rank process
  std::vector<std::string> argv;         ///< command only
  std::vector<std::string> environment;  ///< "KEY=value", complete for command, added for others
  std::string directory;                 ///< to run in
  std::string log_path;                  ///< standard output and error, appended
  std::vector<std::string> make_directories;                ///< before the start, where missing
  std::vector<std::pair<std::string, std::string>> inputs;  ///< reference, path that must exist
  std::uint64_t memory_bytes = 0;                           ///< limit where cgroups can be written
  std::int64_t cpu = 1;
  std::optional<protocol::RankStart> start;  ///< first frame for a rank that is not a command
};
/// To the rank's process group; kill: to every descendant.
struct SignalRank {
  RankId rank;
  int signal = 0;
};
struct SendToRank {
  RankId rank;
  protocol::ToRank message;
};
/// Answered by LogRead. Reads at most `size_bytes_max` from `offset`.
struct ReadLog {
  RankId rank;
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t size_bytes_max = 0;
};
/// Answered by MetricsRead.
struct ReadMetrics {
  AttemptId id;
  std::string path;
  std::uint64_t offset = 0;
};
struct RemoveLog {
  RankId rank;
  std::string path;
};
/// Answered by DirectoryDescribed, in the background.
struct DescribeDirectory {
  AttemptId id;
  std::string path;
};
struct LogLine {
  LogLevel level = LogLevel::kInfo;
  std::string text;
};
using Effect = std::variant<SendMessage, SpawnRank, SignalRank, SendToRank, ReadLog, ReadMetrics,
                            RemoveLog, DescribeDirectory, LogLine>;
using Effects = std::vector<Effect>;

// ---- state -------------------------------------------------------------------------------------

enum class RankPhase : unsigned char { kStarting, kRunning, kEnded };

struct RankState {
  RankPhase phase = RankPhase::kStarting;
  std::int64_t pid = 0;
  bool stopped = false;                       ///< it said RankStopped
  std::optional<protocol::RankFailed> words;  ///< what it said before it failed
  int signal_sent = 0;                        ///< the last one that this worker sent
  protocol::RankEnded ended;                  ///< when phase is kEnded
  bool acked = false;
  TimePoint repeat_at{};
};

struct AttemptState {
  bool command = false;
  std::map<int, RankState> ranks;
  std::optional<protocol::StopReason> stop;
  std::optional<TimePoint> kill_at;
  TimePoint repeat_at{};  ///< of AttemptReleased
};

struct CommitKey {
  AttemptId id;
  std::string kind, digest;
  std::int64_t step = 0;
  auto operator<=>(const CommitKey&) const = default;
};
struct PendingCommit {
  protocol::CommitRequest request;
  bool for_rank = true;  ///< rank 0 waits for the answer
  TimePoint repeat_at{};
};

/// Shipping is stop-and-wait: read from `acked`, send, repeat until acknowledged.
struct LogState {
  std::string path;
  std::uint64_t acked = 0;     ///< durable at the coordinator up to here
  std::uint64_t sent_end = 0;  ///< while `sent`
  bool reading = false;        ///< a ReadLog is under way
  bool sent = false;           ///< a shipment from `acked` waits for its acknowledgement
  bool closed = false;         ///< the rank is gone: nothing will be appended
  bool closing = false;        ///< it was gone already when the present read was asked for
  bool finished = false;       ///< the coordinator has all of it and knows that it is closed
  TimePoint next_at{};         ///< of the next read or repeat
};
struct MetricState {
  std::string path;
  std::uint64_t acked = 0;
  bool reading = false, sent = false, closed = false, closing = false, finished = false;
  TimePoint next_at{};
};

/// Everything the worker knows. Only step() changes it.
struct State {
  Config config;
  bool registered = false;
  TimePoint register_at{}, heartbeat_at{};
  TimePoint heard_at{};
  bool silent = false;
  std::uint64_t sequence = 0;
  std::map<AttemptId, AttemptState> attempts;  ///< until ReleasedAck
  std::map<TaskId, Attempt> newest;  ///< highest attempt ever started, stopped or disowned here
  std::map<CommitKey, PendingCommit> commits;
  std::map<AttemptId, std::string> describing;  ///< path
  std::map<RankId, LogState> logs;
  std::map<AttemptId, MetricState> metrics;
};

/// Deterministic: the same state, event and time give the same effects, in order.
Effects step(State& state, const Event& event, TimePoint now);

/// HOME/work/JOB/TASK/ATTEMPT/run: where rank 0 writes metrics.jsonl.
std::string run_directory(const std::string& home, const AttemptId& id);
/// SPOOL/JOB.TASK.ATTEMPT.RANK.log
std::string log_path(const std::string& spool_directory, const RankId& rank);
/// The reverse, from a file name; none if it is not one.
std::optional<RankId> rank_of_log(const std::string& file_name);

}  // namespace orch::worker
