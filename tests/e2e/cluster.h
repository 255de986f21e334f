#pragma once
// A real local cluster for one test: its own home, real daemons, real sockets, driven through
// orchctl like a user would. Everything that it started is ended by the destructor, by pids that it
// holds. One thread.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace orch::e2e {

struct Outcome {
  int code = -1;  ///< exit code; 128 + signal
  std::string out, err;
};

/// Runs a built program (or an absolute path) to its end. Aborts after `limit`.
Outcome run_program(const std::vector<std::string>& words,
                    Duration limit = std::chrono::minutes(3));

/// True while a process (not a zombie) has this pid.
bool alive(int pid);
/// Polls until `done()`; false after `limit`.
template <typename Done>
bool eventually(Done done, Duration limit = std::chrono::seconds(60)) {
  SystemClock clock;
  const TimePoint deadline = clock.now() + limit;
  while (!done()) {
    if (clock.now() > deadline) return false;
    sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class Cluster {
 public:
  /// `up` with these numbers; the test fails at once if it does not come up.
  explicit Cluster(int workers = 2, int slots = 2);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// orchctl with --home.
  Outcome ctl(std::vector<std::string> words) const;
  /// orchctl … -o json, parsed; the test fails when it does not exit 0.
  nlohmann::json json(std::vector<std::string> words) const;
  /// Writes a spec file and submits it. Returns the job number.
  std::string submit(const std::string& yaml, std::vector<std::string> more = {}) const;
  std::string write_spec(const std::string& yaml) const;
  /// Exit code of `wait JOB`.
  int wait(const std::string& job) const;
  nlohmann::json task(const std::string& job, const std::string& name) const;
  std::vector<nlohmann::json> attempts(const std::string& job_task) const;

  void up() const;
  /// Pid of "coordinator", "worker-0", …
  int pid(const std::string& daemon) const;
  /// kill -9 of one daemon; returns when it is gone.
  void kill(const std::string& daemon) const;
  /// Pids of the running ranks of the newest attempt, empty while there are none.
  std::vector<int> rank_pids(const std::string& job_task) const;

  const std::string& home() const { return home_; }
  /// A folder of this test for files.
  const std::string& folder() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_{"orch-e2e"};
  std::string home_;
  int workers_, slots_;
};

/// Every process whose environment names this home in ORCH_HOME.
std::vector<int> processes_of(const std::string& home);

}  // namespace orch::e2e
