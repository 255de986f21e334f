// Registration, heartbeats, and what the coordinator says about who owns what.

#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

/// Every attempt that is not over for the coordinator, with the ranks whose end it has not
/// acknowledged.
std::vector<protocol::HeldAttempt> held(const State& state) {
  std::vector<protocol::HeldAttempt> all;
  for (const auto& [id, attempt] : state.attempts) {
    protocol::HeldAttempt one{id, {}};
    for (const auto& [rank, rank_state] : attempt.ranks) {
      if (!rank_state.acked) one.ranks.push_back(rank);
    }
    all.push_back(std::move(one));
  }
  return all;
}

void send_register(Step& s) {
  const Config& config = s.state.config;
  protocol::Register message;
  message.worker = config.worker;
  message.host = config.host;
  message.pid = config.pid;
  message.incarnation = config.incarnation;
  message.slots = config.slots;
  message.gpus = config.gpus;
  message.memory_bytes = config.memory_bytes;
  message.held = held(s.state);
  s.send(std::move(message));
  s.state.register_at = s.now + kRegisterEvery;
}

void send_heartbeat(Step& s) {
  s.send(protocol::Heartbeat{s.state.config.worker, s.state.config.incarnation, ++s.state.sequence,
                             held(s.state)});
  s.state.heartbeat_at = s.now + kHeartbeatEvery;
}

/// After an interruption everything unacknowledged is due at once.
void repeat_everything(State& state, TimePoint now) {
  for (auto& [id, attempt] : state.attempts) {
    attempt.repeat_at = now;
    for (auto& [number, rank] : attempt.ranks) rank.repeat_at = now;
  }
  for (auto& [key, commit] : state.commits) commit.repeat_at = now;
  for (auto& [rank, log] : state.logs) {
    if (log.sent) log.next_at = now;
  }
  for (auto& [id, metric] : state.metrics) {
    if (metric.sent) metric.next_at = now;
  }
}

}  // namespace

void begin_registration(Step& s) {
  s.state.registered = false;
  s.state.heard_at = s.now;
  send_register(s);
}

void handle(Step& s, const protocol::RegisterReply& reply) {
  if (reply.incarnation != s.state.config.incarnation) return;  // meant for a predecessor
  for (const AttemptId& id : reply.disowned) disown(s, id);
  if (s.state.registered) return;  // an answer to a repeat
  s.state.registered = true;
  s.line(LogLevel::kInfo, "registered with the coordinator");
  repeat_everything(s.state, s.now);
  send_heartbeat(s);
  tick_exit(s);
  tick_commit(s);
}

void handle(Step& s, const protocol::HeartbeatReply& reply) {
  for (const AttemptId& id : reply.disowned) disown(s, id);
  if (reply.register_again && s.state.registered) {
    s.line(LogLevel::kInfo, "the coordinator asks for a new registration");
    begin_registration(s);
  }
}

void tick_register(Step& s) {
  State& state = s.state;
  if (!state.silent && s.now - state.heard_at >= kSilentAfter) {
    state.silent = true;
    s.line(LogLevel::kWarning, "the coordinator is silent; ranks go on, logs are spooled");
  }
  if (!state.registered) {
    if (s.now >= state.register_at) send_register(s);
  } else if (s.now >= state.heartbeat_at) {
    send_heartbeat(s);
  }
}

}  // namespace orch::worker
