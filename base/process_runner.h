#pragma once
// Starting and ending processes, as an interface with a real form (through a process host,
// process_host.h) and a simulated one, under one contract suite. A process counts as ended only
// when every descendant of it is gone too. Thread: one.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace orch {

/// One process. It gets its own session; /dev/null as standard input.
struct SpawnRequest {
  std::uint64_t id = 0;           ///< the caller's name for it, unique among the living
  std::vector<std::string> argv;  ///< empty: a fork of the host that runs its ForkMain
  /// "KEY=value": with argv the complete environment (PATH in it finds argv[0]), else additions.
  std::vector<std::string> environment;
  std::string directory;     ///< to run in; empty: the host's
  std::string cgroup_procs;  ///< "…/cgroup.procs" to join, may be empty
  FileDescriptor channel;    ///< becomes descriptor 3, may be none
  FileDescriptor log;        ///< becomes standard output and error; none: the host's
};

struct ProcessEvent {
  enum class Kind : unsigned char {
    kStarted,  ///< it has a pid
    kFailed,   ///< it could not be started, `message` says why; nothing of it is running
    kExited,   ///< it and all its descendants are gone: `signal` != 0, or `code`
  };
  Kind kind = Kind::kStarted;
  std::uint64_t id = 0;
  std::int64_t pid = 0;
  int code = 0;
  int signal = 0;
  bool host_lost = false;  ///< kExited because the host died: see kill_adopted_children()
  std::string message;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// Answered by events: kFailed, or kStarted and later kExited or kFailed (the program could not
  /// be executed). Errors: kConflict when a living process has this id; kUnavailable when there is
  /// no host (then no event comes).
  virtual Result<void> spawn(SpawnRequest request) = 0;
  /// SIGKILL: to the process and every descendant. Others: to its process group. Unknown ids and
  /// ended processes are ignored.
  virtual void signal(std::uint64_t id, int signal_number) = 0;
  /// What happened since the last call; does not wait.
  virtual std::vector<ProcessEvent> poll() = 0;
  /// Readable when poll() has something; -1 in the simulated form. While the host is being replaced
  /// after its death it may be -1 too: call poll() by a timer as well.
  virtual int descriptor() const = 0;
};

/// The real form: executes `host_argv` (which calls run_process_host(kHostControlFd, …)) and talks
/// to it. When the host dies, its processes are killed and reported as killed by SIGKILL, and the
/// next spawn() executes a new host. Destruction ends everything.
class HostProcessRunner final : public ProcessRunner {
 public:
  /// `environment`: additions for the host. Makes this process a sub-reaper.
  /// Errors: kNotFound, kInternal when the host cannot be executed.
  static Result<std::unique_ptr<HostProcessRunner>> open(std::vector<std::string> host_argv,
                                                         std::vector<std::string> environment);
  ~HostProcessRunner() override;

  Result<void> spawn(SpawnRequest request) override;
  void signal(std::uint64_t id, int signal_number) override;
  std::vector<ProcessEvent> poll() override;
  int descriptor() const override { return control_.get(); }
  std::int64_t host_pid() const { return host_pid_; }

 private:
  struct Process {
    std::int64_t pid = 0, keeper = 0;
    std::string program, directory;
    bool lost = false;  ///< its host died
  };
  HostProcessRunner() = default;
  Result<void> start_host();
  void read_reports(std::vector<ProcessEvent>& events);
  void lose_host();
  void reap_lost(std::vector<ProcessEvent>& events);

  std::vector<std::string> host_argv_, environment_;
  FileDescriptor control_;
  std::int64_t host_pid_ = 0;
  std::map<std::uint64_t, Process> processes_;
};

/// What a simulated process does.
struct SimulatedProgram {
  bool starts = true;
  Duration runs_for{0};  ///< negative: until it is signalled
  int code = 0;
  bool heeds_term = true;  ///< false: only SIGKILL ends it
};

/// The simulated form, driven by a SimulatedClock.
class SimulatedProcessRunner final : public ProcessRunner {
 public:
  using Behaviour = std::function<SimulatedProgram(const SpawnRequest&)>;
  SimulatedProcessRunner(const Clock& clock, Behaviour behaviour)
      : clock_(clock), behaviour_(std::move(behaviour)) {}

  Result<void> spawn(SpawnRequest request) override;
  void signal(std::uint64_t id, int signal_number) override;
  std::vector<ProcessEvent> poll() override;
  int descriptor() const override { return -1; }

 private:
  struct Process {
    SimulatedProgram program;
    std::int64_t pid = 0;
    TimePoint ends_at{};
    int signal = 0;
    FileDescriptor channel, log;
  };
  const Clock& clock_;
  Behaviour behaviour_;
  std::int64_t next_pid_ = 1000;
  std::map<std::uint64_t, Process> processes_;
  std::vector<ProcessEvent> events_;
};

}  // namespace orch
