#include "coordinator/step.h"

namespace orch::coordinator {

void on_rank_started(Step& step, const std::string& worker, const protocol::RankStarted& message) {
  const AttemptState* attempt = find_attempt(step.state, message.id);
  if (!attempt || attempt->over() || message.rank < 0 ||
      static_cast<std::size_t>(message.rank) >= attempt->ranks.size()) {
    return;
  }
  const RankState& rank = attempt->ranks[static_cast<std::size_t>(message.rank)];
  if (rank.place.worker != worker || rank.started || rank.ended) return;
  RankRuns fact;
  fact.id = message.id;
  fact.rank = message.rank;
  fact.pid = message.pid;
  step.record(fact);
}

}  // namespace orch::coordinator
