#pragma once
// The verbs of orch-tool that need no tensor, one file each (tool_<verb>.cc). Main thread. Each
// returns an exit code or the error that main prints.

#include "base/clock.h"
#include "base/result.h"
#include "jobs/tool_options.h"

namespace orch::jobs {

/// 0 done, 1 a task failed, 130 interrupted. `programs_directory`: where orch-rank lies; `path`:
/// PATH of this process.
Result<int> run_job(const RunOptions& options, const Clock& clock,
                    const std::string& programs_directory, const std::string& path);
Result<int> run_compare(const CompareOptions& options);
Result<int> run_tokenize(const TokenizeOptions& options);
Result<int> run_train_tokenizer(const TrainTokenizerOptions& options);
Result<int> run_inspect(const InspectOptions& options);
Result<int> run_score(const ScoreOptions& options);

}  // namespace orch::jobs
