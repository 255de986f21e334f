// StopAttempt by reason, grace periods, and attempts that the coordinator disowns.

#include <csignal>

#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

using protocol::StopReason;

/// A later order only counts if it is stronger.
int strength(StopReason reason) {
  switch (reason) {
    case StopReason::kPause:
      return 1;
    case StopReason::kCancel:
    case StopReason::kTimeout:
      return 2;
    case StopReason::kGangFailed:
    case StopReason::kDisowned:
      return 3;
  }
  return 0;
}

void signal_all(Step& s, const AttemptId& id, AttemptState& attempt, int signal) {
  for (auto& [number, rank] : attempt.ranks) {
    if (rank.phase == RankPhase::kEnded) continue;
    rank.signal_sent = signal;
    s.out.push_back(SignalRank{{id, number}, signal});
  }
}

void ask_to_pause(Step& s, const AttemptId& id, AttemptState& attempt) {
  for (auto& [number, rank] : attempt.ranks) {
    if (rank.phase == RankPhase::kEnded) continue;
    s.out.push_back(SendToRank{{id, number}, protocol::RankStop{true}});
  }
}

void stop(Step& s, const AttemptId& id, AttemptState& attempt, StopReason reason, Duration grace) {
  if (attempt.stop && strength(*attempt.stop) >= strength(reason)) return;
  attempt.stop = reason;
  if (strength(reason) == 3) {
    attempt.kill_at.reset();
    return signal_all(s, id, attempt, SIGKILL);
  }
  if (reason == StopReason::kPause && !attempt.command) return ask_to_pause(s, id, attempt);
  signal_all(s, id, attempt, SIGTERM);
  attempt.kill_at = s.now + (grace > Duration::zero() ? grace : kGraceDefault);
}

}  // namespace

void handle(Step& s, const protocol::StopAttempt& order) {
  const auto found = s.state.attempts.find(order.id);
  if (found == s.state.attempts.end()) {
    note_attempt(s.state, order.id);  // a start that comes late is refused
    s.send(protocol::AttemptReleased{order.id});
    return;
  }
  stop(s, order.id, found->second, order.reason, order.grace);
}

void disown(Step& s, const AttemptId& id) {
  note_attempt(s.state, id);
  const auto found = s.state.attempts.find(id);
  if (found == s.state.attempts.end()) return;
  if (found->second.stop != StopReason::kDisowned) {
    s.line(LogLevel::kWarning, "killing " + id.text() + ": the coordinator gave it up");
  }
  stop(s, id, found->second, StopReason::kDisowned, Duration::zero());
}

void tick_stop(Step& s) {
  for (auto& [id, attempt] : s.state.attempts) {
    if (!attempt.kill_at || s.now < *attempt.kill_at) continue;
    attempt.kill_at.reset();
    s.line(LogLevel::kInfo, "killing " + id.text() + ": its grace period is over");
    signal_all(s, id, attempt, SIGKILL);
  }
}

}  // namespace orch::worker
