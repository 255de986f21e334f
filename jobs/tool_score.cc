// orch-tool score: predictions and references to values, as JSON on standard output.

#include <cstdio>

#include "jobs/score/metrics.h"
#include "jobs/score/profiles.h"
#include "jobs/score/score_file.h"
#include "jobs/tool_verbs.h"

namespace orch::jobs {

Result<int> run_score(const ScoreOptions& options) {
  if (options.profiles) {
    std::fputs(score::profiles_listing().c_str(), stdout);
    return 0;
  }
  if (options.metrics == std::vector<std::string>{"list"}) {
    std::fputs(score::metrics_listing().c_str(), stdout);
    return 0;
  }
  score::ScoreOptions run;
  run.file = options.file;
  run.metrics = options.metrics;
  run.profile = options.profile;
  run.language = options.language;
  run.punkt = options.punkt;
  run.per_item = options.per_item;
  run.metric = {options.seed, options.tokenizer};
  if (run.file.empty())
    return invalid("no file to score is named", "orch-tool score --metrics NAME,… FILE.jsonl");
  ORCH_TRY(score::score_file(run, stdout));
  return 0;
}

}  // namespace orch::jobs
