#pragma once
// Evaluates a checkpoint on suites: items dealt out to ranks and threads, answers gathered, files
// written by rank 0. The core of the evaluate task and of `orch-tool evaluate`. Collective over
// `comm`.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/suites.h"

namespace orch::parallel {
class Comm;
}

namespace orch::jobs {

struct EvaluateRequest {
  std::string checkpoint;  ///< directory
  std::string name;        ///< of the checkpoint in results.json
  std::string label;       ///< for people
  struct Suite {
    score::SuiteRequest request;  ///< `turns` is set from the checkpoint when `chat`
    bool chat = false;
    std::string label, role;
  };
  std::vector<Suite> suites;
  std::string output;  ///< folder for results.json and samples_<suite>.jsonl; rank 0 writes
  int threads = 1;
};

/// `progress(items done, items in all)` between chunks, in the calling thread; false stops.
/// Errors: of loading; kUnavailable "stopped".
Result<void> evaluate_model(const EvaluateRequest& request, parallel::Comm& comm,
                            const std::function<bool(std::int64_t, std::int64_t)>& progress);

}  // namespace orch::jobs
