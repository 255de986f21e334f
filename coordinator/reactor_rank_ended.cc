#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {

void on_rank_ended(Step& step, const std::string& worker, const protocol::RankEnded& message) {
  step.send(worker, protocol::RankEndedAck{message.id, message.rank});
  const AttemptState* attempt = find_attempt(step.state, message.id);
  if (!attempt || attempt->over() || message.rank < 0 ||
      static_cast<std::size_t>(message.rank) >= attempt->ranks.size()) {
    return;
  }
  const RankState& rank = attempt->ranks[static_cast<std::size_t>(message.rank)];
  if (rank.place.worker != worker || rank.ended) return;
  RankGone fact;
  fact.id = message.id;
  fact.rank = message.rank;
  fact.failure = message.failure;
  fact.status = message.status;
  fact.message = message.message;
  step.record(std::move(fact));
  settle_gang(step, message.id);
}

}  // namespace orch::coordinator
