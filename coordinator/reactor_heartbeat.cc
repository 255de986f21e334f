#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {

void on_heartbeat(Step& step, const std::string& worker, const protocol::Heartbeat& message) {
  protocol::HeartbeatReply reply;
  reply.sequence = message.sequence;
  const auto known = step.state.workers.find(worker);
  if (message.worker != worker || known == step.state.workers.end() ||
      known->second.incarnation != message.incarnation) {
    reply.register_again = true;
  } else {
    reply.disowned = disowned(step.state, worker, message.held);
  }
  step.send(worker, std::move(reply));
}

}  // namespace orch::coordinator
