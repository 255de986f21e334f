#pragma once
// One attempt of one task on this machine without daemons: starts its ranks through the process
// host, answers their commits (here the rename is the record), shows progress, ends them all when
// one fails. Main thread.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process_runner.h"
#include "base/result.h"
#include "protocol/rank_channel.h"
#include "protocol/spec.h"

namespace orch::jobs {

struct GangRequest {
  const protocol::TaskSpec* task = nullptr;
  std::string spec_text;
  std::map<std::string, std::string> set, inputs;
  int ranks = 1;
  std::string out_directory, run_directory, checkpoint_directory, log_directory;
  std::string programs_directory;  ///< first in PATH of commands
  std::string path;                ///< PATH of this process
  std::string resume_path;
  std::int64_t resume_step = 0;
};

struct GangEnd {
  bool stopped = false;  ///< on request, after a checkpoint where the kind has them
  std::optional<protocol::RankCommit> result;
};

/// Interrupts since the last call (Ctrl-C, SIGTERM): the first stops cleanly, the second kills.
using Interrupts = std::function<int()>;

class LocalGang {
 public:
  LocalGang(ProcessRunner& runner, const Clock& clock, Interrupts interrupts,
            int interrupt_descriptor)
      : runner_(runner),
        clock_(clock),
        interrupts_(std::move(interrupts)),
        interrupt_descriptor_(interrupt_descriptor) {}

  /// `beat(step, steps)` for each beat of rank 0. Returns when no process of the gang is left.
  /// Errors: kInvalid when a rank found its input wrong, else kInternal, with the first failed
  /// rank's words.
  Result<GangEnd> run(const GangRequest& request,
                      const std::function<void(std::int64_t, std::int64_t)>& beat);

 private:
  struct Rank {
    std::unique_ptr<protocol::RankParentChannel> channel;
    bool alive = false, stopped = false;
    std::string log_path;
  };
  Result<void> start(const GangRequest& request, int rank, const std::string& token,
                     int master_port);
  void serve(const std::function<void(std::int64_t, std::int64_t)>& beat);
  void wait();
  void read_channel(int rank, const std::function<void(std::int64_t, std::int64_t)>& beat);
  void take(int rank, const protocol::FromRank& message,
            const std::function<void(std::int64_t, std::int64_t)>& beat);
  void ended(int rank, const ProcessEvent& event,
             const std::function<void(std::int64_t, std::int64_t)>& beat);
  void fail(Error error);
  void interrupt();
  void kill_all();

  ProcessRunner& runner_;
  const Clock& clock_;
  Interrupts interrupts_;
  int interrupt_descriptor_;
  bool command_ = false;
  std::vector<Rank> ranks_;
  GangEnd end_;
  std::optional<Error> error_;
  int stops_ = 0;
  std::optional<TimePoint> deadline_, grace_ends_;
  Duration grace_{};
  std::uint64_t first_id_ = 1;
};

}  // namespace orch::jobs
