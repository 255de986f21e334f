// What ranks say, commits first: forwarded, repeated until answered, the answer handed back.

#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

void send_commit(Step& s, PendingCommit& commit) {
  commit.repeat_at = s.now + kRepeatEvery;
  if (s.state.registered) s.send(commit.request);
}

void handle_frame(Step&, const RankId&, RankState&, const protocol::RankReady&) {}
void handle_frame(Step&, const RankId&, RankState&, const protocol::RankBeat&) {}

void handle_frame(Step& s, const RankId& rank, RankState&, const protocol::RankCommit& said) {
  if (rank.rank != 0) {
    s.line(LogLevel::kWarning, rank.text() + " tried to commit; only rank 0 may");
    return;
  }
  if (said.kind == "progress") {  // only the newest is worth repeating
    std::erase_if(s.state.commits, [&](const auto& entry) {
      return entry.first.id == rank.id && entry.first.kind == "progress";
    });
  }
  const CommitKey key{rank.id, said.kind, said.digest, said.step};
  PendingCommit& commit = s.state.commits[key];
  commit.request = {rank.id,     said.kind, said.artifact_kind, said.path,
                    said.digest, said.step, said.steps,         said.ledger_hash};
  commit.for_rank = said.kind != "progress";
  send_commit(s, commit);
}

void handle_frame(Step&, const RankId&, RankState& rank, const protocol::RankFailed& said) {
  rank.words = said;
}

void handle_frame(Step&, const RankId&, RankState& rank, const protocol::RankStopped&) {
  rank.stopped = true;
}

}  // namespace

void handle(Step& s, const RankFrame& event) {
  RankState* rank = find_rank(s.state, event.rank);
  if (rank == nullptr || rank->phase == RankPhase::kEnded) return;
  std::visit([&](const auto& said) { handle_frame(s, event.rank, *rank, said); }, event.message);
}

void handle(Step& s, const protocol::CommitReply& reply) {
  const auto found = s.state.commits.find({reply.id, reply.kind, reply.digest, reply.step});
  if (found == s.state.commits.end()) return;
  const bool for_rank = found->second.for_rank;
  s.state.commits.erase(found);
  const RankState* rank = find_rank(s.state, {reply.id, 0});
  if (!for_rank || rank == nullptr || rank->phase == RankPhase::kEnded) return;
  s.out.push_back(SendToRank{{reply.id, 0},
                             protocol::RankCommitted{reply.kind, reply.digest, reply.step,
                                                     reply.accepted, reply.message}});
}

void handle(Step& s, const protocol::SealAttempt& order) {
  for (auto& [key, commit] : s.state.commits) {  // described already: say it again
    if (key.id == order.id && key.kind == "result" && !commit.for_rank) {
      return send_commit(s, commit);
    }
  }
  if (!s.state.describing.try_emplace(order.id, order.out_directory).second) return;
  s.out.push_back(DescribeDirectory{order.id, order.out_directory});
}

void handle(Step& s, const DirectoryDescribed& event) {
  if (s.state.describing.erase(event.id) == 0) return;
  if (event.digest.empty()) {
    s.line(LogLevel::kWarning, event.id.text() + ": " + event.error);
  }
  PendingCommit& commit = s.state.commits[{event.id, "result", event.digest, 0}];
  commit.for_rank = false;
  commit.request.id = event.id;
  commit.request.kind = "result";
  commit.request.artifact_kind = "output";
  commit.request.path = event.path;
  commit.request.digest = event.digest;
  send_commit(s, commit);
}

void tick_commit(Step& s) {
  if (!s.state.registered) return;
  for (auto& [key, commit] : s.state.commits) {
    if (s.now >= commit.repeat_at) send_commit(s, commit);
  }
}

}  // namespace orch::worker
