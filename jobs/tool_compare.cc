// orch-tool compare: two evaluations of the same items, paired, to a verdict. JSON alone on
// standard output; the same in words on standard error, or in its place with -o table.

#include <cstdio>

#include "jobs/score/comparison.h"
#include "jobs/tool_verbs.h"

namespace orch::jobs {

Result<int> run_compare(const CompareOptions& options) {
  score::ComparisonRequest request;
  request.base = options.base;
  request.candidate = options.candidate;
  request.baselines = options.baselines;
  request.query = {options.metric, options.filter, options.cluster};
  request.lower_is_better = options.lower_is_better;
  request.margin = options.margin;
  request.alpha = options.alpha;
  request.sequential = options.sequential;
  request.seed = options.seed;
  ORCH_ASSIGN(const score::Comparison comparison, score::compare(request));
  const bool table = options.output == "table";
  if (!table) std::printf("%s\n", score::comparison_json(comparison).c_str());
  if (options.output != "json")
    std::fputs(score::comparison_table(comparison).c_str(), table ? stdout : stderr);
  return options.gate && comparison.judgement.verdict != score::Verdict::kPass ? 1 : 0;
}

}  // namespace orch::jobs
