#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

protocol::Failure unsaid_end(const AttemptState& attempt) {
  if (!attempt.stopping) return protocol::Failure::kStart;
  return attempt.stop_reason == protocol::StopReason::kPause ? protocol::Failure::kPaused
                                                             : protocol::Failure::kCancelled;
}

/// Ranks that never began there (the stop overtook the start) end with the release.
void end_unstarted(Step& step, const AttemptId& id, const std::string& worker) {
  const std::size_t count = find_attempt(step.state, id)->ranks.size();
  for (std::size_t i = 0; i < count; ++i) {
    const AttemptState& attempt = *find_attempt(step.state, id);
    if (attempt.ranks[i].place.worker != worker || attempt.ranks[i].ended) continue;
    RankGone fact;
    fact.id = id;
    fact.rank = static_cast<int>(i);
    fact.failure = unsaid_end(attempt);
    fact.message = worker + " released it before it started";
    step.record(std::move(fact));
  }
}

}  // namespace

void on_released(Step& step, const std::string& worker, const protocol::AttemptReleased& message) {
  step.send(worker, protocol::ReleasedAck{message.id});
  const AttemptState* attempt = find_attempt(step.state, message.id);
  if (!attempt || attempt->holding.count(worker) == 0) return;
  if (!attempt->over()) end_unstarted(step, message.id, worker);
  WorkerReleased fact;
  fact.id = message.id;
  fact.worker = worker;
  step.record(std::move(fact));
  step.live.ordered.erase({message.id, worker});
  step.live.reschedule = true;
  if (!find_attempt(step.state, message.id)->over()) settle_gang(step, message.id);
  if (step.state.unfinished.count(message.id) == 0) {
    step.live.attempt_started.erase(message.id);
  }
}

}  // namespace orch::coordinator
