// A rank is gone: its failure class, and the end of the attempt on this worker.

#include <csignal>
#include <cstring>

#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

using protocol::Failure;
using protocol::RankEnded;
using protocol::StopReason;

RankEnded by_stop(const RankId& id, StopReason reason) {
  switch (reason) {
    case StopReason::kPause:
      return {id.id, id.rank, Failure::kPaused, 0, "paused"};
    case StopReason::kCancel:
      return {id.id, id.rank, Failure::kCancelled, 0, "cancelled"};
    case StopReason::kTimeout:
      return {id.id, id.rank, Failure::kTimeout, 0, "out of time"};
    case StopReason::kGangFailed:
      return {id.id, id.rank, Failure::kCancelled, 0, "killed: another rank of its gang failed"};
    case StopReason::kDisowned:
      return {id.id, id.rank, Failure::kCancelled, 0, "killed: the coordinator gave it up"};
  }
  return {};
}

RankEnded by_itself(const RankId& id, const RankState& rank, const RankExited& event) {
  if (event.out_of_memory) {
    return {id.id, id.rank, Failure::kOutOfMemory, event.signal,
            "killed by the kernel: over its memory limit"};
  }
  if (rank.words) {
    return {id.id, id.rank, rank.words->failure, event.code, rank.words->message};
  }
  if (event.signal != 0) {
    return {id.id, id.rank, Failure::kSignal, event.signal,
            "killed by signal " + std::to_string(event.signal) + " (" + sigdescr_np(event.signal) +
                ")"};
  }
  if (event.code != 0) {
    return {id.id, id.rank, Failure::kExit, event.code, "exit code " + std::to_string(event.code)};
  }
  return {id.id, id.rank, Failure::kNone, 0, ""};
}

/// True when the order to stop, and not the rank itself, is why it ended.
bool ended_by_stop(const AttemptState& attempt, const RankState& rank, const RankExited& event) {
  const bool clean = event.signal == 0 && event.code == 0;
  switch (*attempt.stop) {
    case StopReason::kPause:
      if (!attempt.command) return clean && rank.stopped;
      return rank.signal_sent != 0 && !event.out_of_memory;
    case StopReason::kCancel:
    case StopReason::kTimeout:
      return attempt.command || !clean;
    case StopReason::kGangFailed:
    case StopReason::kDisowned:
      return event.signal == SIGKILL && rank.signal_sent == SIGKILL;
  }
  return false;
}

RankEnded classify(const AttemptState& attempt, const RankId& id, const RankState& rank,
                   const RankExited& event) {
  if (attempt.stop && ended_by_stop(attempt, rank, event)) return by_stop(id, *attempt.stop);
  return by_itself(id, rank, event);
}

}  // namespace

void end_rank(Step& s, const RankId& id, RankEnded ended) {
  RankState* rank = find_rank(s.state, id);
  if (rank == nullptr || rank->phase == RankPhase::kEnded) return;
  rank->phase = RankPhase::kEnded;
  rank->ended = std::move(ended);
  rank->repeat_at = s.now + kRepeatEvery;
  close_log(s, id);
  if (s.state.registered) s.send(rank->ended);
}

void handle(Step& s, const RankNotSpawned& event) {
  s.line(LogLevel::kWarning, event.rank.text() + " did not start: " + event.message);
  end_rank(s, event.rank, {event.rank.id, event.rank.rank, event.failure, 0, event.message});
}

void handle(Step& s, const RankExited& event) {
  const auto attempt = s.state.attempts.find(event.rank.id);
  const RankState* rank = find_rank(s.state, event.rank);
  if (rank == nullptr || rank->phase == RankPhase::kEnded) return;
  RankEnded ended = classify(attempt->second, event.rank, *rank, event);
  if (ended.failure != Failure::kNone) {
    s.line(LogLevel::kInfo, event.rank.text() + " ended: " + ended.message);
  }
  end_rank(s, event.rank, std::move(ended));
}

void handle(Step& s, const protocol::RankEndedAck& ack) {
  RankState* rank = find_rank(s.state, {ack.id, ack.rank});
  if (rank == nullptr || rank->phase != RankPhase::kEnded || rank->acked) return;
  rank->acked = true;
  report_released(s, ack.id);
}

void report_released(Step& s, const AttemptId& id) {
  const auto found = s.state.attempts.find(id);
  if (found == s.state.attempts.end()) return;
  for (const auto& [number, rank] : found->second.ranks) {
    if (!rank.acked) return;
  }
  found->second.repeat_at = s.now + kRepeatEvery;
  s.send(protocol::AttemptReleased{id});
}

void handle(Step& s, const protocol::ReleasedAck& ack) {
  const auto found = s.state.attempts.find(ack.id);
  if (found == s.state.attempts.end()) return;
  for (const auto& [number, rank] : found->second.ranks) {
    if (!rank.acked) return;  // an answer to a release of before it was known here
  }
  s.state.attempts.erase(found);
}

void tick_exit(Step& s) {
  if (!s.state.registered) return;
  for (auto& [id, attempt] : s.state.attempts) {
    bool all_acked = true;
    for (auto& [number, rank] : attempt.ranks) {
      all_acked = all_acked && rank.acked;
      if (rank.phase != RankPhase::kEnded || rank.acked || s.now < rank.repeat_at) continue;
      rank.repeat_at = s.now + kRepeatEvery;
      s.send(rank.ended);
    }
    if (all_acked && s.now >= attempt.repeat_at) report_released(s, id);
  }
}

}  // namespace orch::worker
