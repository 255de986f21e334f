#pragma once
// Real rank processes (forks of the test) that train a small model on a synthetic source, and the
// test as their parent. The parent process must run no tensor operation, or its forks would inherit
// half a thread pool.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/messages.h"
#include "protocol/spec.h"

namespace orch::jobs::test {

struct GangRun {
  protocol::TrainSpec spec;
  int ranks = 1;
  int threads = 1;
  std::string out;  ///< output and run folder
  std::int64_t resume_step = 0;
  std::string resume_path;
  std::int64_t stop_after = 0;  ///< RankStop to all ranks when rank 0 beats this step; 0: never
  std::int64_t kill_after = 0;  ///< SIGKILL to all ranks at that beat
  bool refuse_commits = false;  ///< as for a stale attempt
};

struct GangOutcome {
  std::optional<protocol::RankCommit> result;
  std::vector<protocol::RankCommit> checkpoints;  ///< accepted or refused, in order
  std::vector<protocol::RankFailed> failures;
  int stopped = 0;              ///< ranks that said so
  std::vector<int> exit_codes;  ///< of each rank; -1: killed
};

/// A model of 2 layers, 16 windows of 12 tokens in 8 shards, 6 steps, checkpoints every 2.
protocol::TrainSpec small_spec();

/// Starts the gang and sees it to its end.
GangOutcome run_gang(const GangRun& run);

}  // namespace orch::jobs::test
