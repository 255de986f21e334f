// orch-tool compare: two samples files, paired, to a verdict as JSON on standard output.

#include <cstdio>

#include "jobs/score/samples.h"
#include "jobs/tool_verbs.h"

namespace orch::jobs {

Result<int> run_compare(const CompareOptions& options) {
  ORCH_ASSIGN(const score::Judgement judgement,
              score::compare_samples(options.base, options.candidate, options.metric,
                                     options.margin, options.alpha));
  std::printf("%s\n", score::judgement_json(judgement).c_str());
  return options.gate && judgement.verdict != score::Verdict::kPass ? 1 : 0;
}

}  // namespace orch::jobs
