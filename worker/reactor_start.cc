// StartRanks: idempotent, fenced by attempt number.

#include "worker/rank_plan.h"
#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

/// A repeat of an order that was carried out: says again what is known of each of its ranks.
void answer_repeat(Step& s, const protocol::StartRanks& order, AttemptState& attempt) {
  for (const int number : order.ranks) {
    const auto found = attempt.ranks.find(number);
    if (found == attempt.ranks.end()) continue;
    RankState& rank = found->second;
    if (rank.phase == RankPhase::kRunning) {
      s.send(protocol::RankStarted{order.id, number, rank.pid});
    } else if (rank.phase == RankPhase::kEnded) {
      s.send(rank.ended);
      rank.repeat_at = s.now + kRepeatEvery;
    }
  }
}

/// True while a process of an earlier attempt of this task lives here; such an attempt is killed,
/// and the coordinator's repeat of the order finds the place free.
bool clear_predecessors(Step& s, const AttemptId& id) {
  std::vector<AttemptId> alive;
  for (const auto& [other, attempt] : s.state.attempts) {
    if (other.task != id.task || other.attempt >= id.attempt) continue;
    for (const auto& [number, rank] : attempt.ranks) {
      if (rank.phase != RankPhase::kEnded) {
        alive.push_back(other);
        break;
      }
    }
  }
  for (const AttemptId& other : alive) disown(s, other);
  return !alive.empty();
}

void refuse(Step& s, const protocol::StartRanks& order, const std::string& message) {
  AttemptState& attempt = s.state.attempts[order.id];
  for (const int number : order.ranks) attempt.ranks.try_emplace(number);
  for (const int number : order.ranks) {
    end_rank(s, {order.id, number}, {order.id, number, protocol::Failure::kSpec, 0, message});
  }
}

}  // namespace

void handle(Step& s, const protocol::StartRanks& order) {
  State& state = s.state;
  if (order.incarnation != 0 && order.incarnation != state.config.incarnation) return;
  if (const auto known = state.attempts.find(order.id); known != state.attempts.end()) {
    return answer_repeat(s, order, known->second);
  }
  const auto newest = state.newest.find(order.id.task);
  if (newest != state.newest.end() && order.id.attempt <= newest->second) {
    s.line(LogLevel::kInfo, "refused to start " + order.id.text() + ": attempt " +
                                std::to_string(newest->second.value) + " is known");
    return;
  }
  if (clear_predecessors(s, order.id)) return;
  note_attempt(state, order.id);
  if (order.ranks.empty()) return;
  Result<std::vector<SpawnRank>> plan = plan_ranks(state.config, order);
  if (!plan.ok()) return refuse(s, order, plan.error().message);
  AttemptState& attempt = state.attempts[order.id];
  for (SpawnRank& spawn : *plan) {
    attempt.command = spawn.command;
    attempt.ranks.try_emplace(spawn.rank.rank);
    follow(s, spawn.rank);
    s.out.push_back(std::move(spawn));
  }
}

void handle(Step& s, const RankSpawned& event) {
  RankState* rank = find_rank(s.state, event.rank);
  if (rank == nullptr || rank->phase != RankPhase::kStarting) return;
  rank->phase = RankPhase::kRunning;
  rank->pid = event.pid;
  s.send(protocol::RankStarted{event.rank.id, event.rank.rank, event.pid});
}

}  // namespace orch::worker
