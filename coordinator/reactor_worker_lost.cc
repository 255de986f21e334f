#include <algorithm>

#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

/// True while the attempt still needs this worker: for a rank, or to seal a command's output.
bool needs(const State& state, const AttemptId& id, const std::string& worker) {
  const AttemptState& attempt = *find_attempt(state, id);
  if (attempt.over()) return false;
  bool all_ended = true, some_here = false;
  for (const RankState& rank : attempt.ranks) {
    all_ended = all_ended && rank.ended;
    some_here = some_here || (!rank.ended && rank.place.worker == worker);
  }
  return some_here || (all_ended && attempt.ranks.front().place.worker == worker);
}

}  // namespace

void on_worker_lost(Step& step, const std::string& worker, const std::string& why) {
  const auto unfinished = step.state.unfinished;
  for (const AttemptId& id : unfinished) {
    if (needs(step.state, id, worker)) {
      fail_gang(step, id, protocol::Failure::kWorkerLost, why, worker);
    }
  }
  step.live.reschedule = true;
}

}  // namespace orch::coordinator
