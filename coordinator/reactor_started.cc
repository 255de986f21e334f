#include <algorithm>

#include "coordinator/step.h"

namespace orch::coordinator {

void on_started(Step& step, const Started& event) {
  if (step.state.secret.empty()) {
    ClusterCreated created;
    created.secret = event.fresh_secret;
    step.record(created);
  }
  CoordinatorStarted started;
  started.build = event.build;
  started.pid = event.pid;
  step.record(started);
  step.live = Live{};
  // Nobody can be blamed for silence while nobody listened.
  for (const auto& [name, worker] : step.state.workers) {
    step.live.sessions[name].last_heard = step.now;
  }
  for (const AttemptId& id : step.state.unfinished) {
    const AttemptState& attempt = *find_attempt(step.state, id);
    const auto ran =
        std::max<std::int64_t>(0, step.wall.microseconds - attempt.started.microseconds);
    step.live.attempt_started[id] = step.now - std::chrono::microseconds(ran);
  }
  step.live.reschedule = true;
}

}  // namespace orch::coordinator
