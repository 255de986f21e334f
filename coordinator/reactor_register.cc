#include <algorithm>

#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

bool is_same(const WorkerState& known, const protocol::Register& m) {
  return known.incarnation == m.incarnation && known.host == m.host && known.pid == m.pid &&
         known.slots == m.slots && known.gpus == m.gpus && known.memory_bytes == m.memory_bytes;
}

void record_worker(Step& step, const protocol::Register& m) {
  WorkerRegistered fact;
  fact.worker = m.worker;
  fact.host = m.host;
  fact.pid = m.pid;
  fact.incarnation = m.incarnation;
  fact.slots = m.slots;
  fact.gpus = m.gpus;
  fact.memory_bytes = m.memory_bytes;
  step.record(std::move(fact));
}

/// The daemon was started anew: its earlier processes are gone, but for those it names.
void forget_earlier_life(Step& step, const protocol::Register& m) {
  std::set<AttemptId> held;
  for (const protocol::HeldAttempt& item : m.held) held.insert(item.id);
  on_worker_lost(step, m.worker, m.worker + " was restarted");
  const auto unfinished = step.state.unfinished;
  for (const AttemptId& id : unfinished) {
    if (held.count(id) || find_attempt(step.state, id)->holding.count(m.worker) == 0) continue;
    WorkerReleased fact;
    fact.id = id;
    fact.worker = m.worker;
    step.record(std::move(fact));
    step.live.ordered.erase({id, m.worker});
  }
}

void open_session(Step& step, const std::string& peer, const std::string& worker) {
  Session& session = step.live.sessions[worker];
  if (session.peer != peer) step.live.peers.erase(session.peer);
  const auto other = step.live.peers.find(peer);
  if (other != step.live.peers.end() && other->second != worker) {
    step.live.sessions[other->second].peer.clear();
  }
  session.peer = peer;
  session.last_heard = step.now;
  session.silent = false;
  step.live.peers[peer] = worker;
}

}  // namespace

void on_register(Step& step, const std::string& peer, const protocol::Register& m) {
  if (m.version != protocol::kProtocolVersion) {
    return step.send_peer(
        peer, protocol::ErrorReply{conflict("worker " + m.worker + " speaks protocol version " +
                                                std::to_string(m.version) + ", the coordinator " +
                                                std::to_string(protocol::kProtocolVersion),
                                            "install the same version of Orch on both")});
  }
  const auto known = step.state.workers.find(m.worker);
  const bool is_known = known != step.state.workers.end();
  if (is_known && m.incarnation < known->second.incarnation) {
    return step.send_peer(
        peer, protocol::ErrorReply{conflict("a newer daemon has registered as " + m.worker,
                                            "give each worker its own name")});
  }
  if (is_known && m.incarnation > known->second.incarnation) forget_earlier_life(step, m);
  if (!is_known || !is_same(known->second, m)) record_worker(step, m);
  open_session(step, peer, m.worker);
  protocol::RegisterReply reply;
  reply.incarnation = m.incarnation;
  reply.disowned = disowned(step.state, m.worker, m.held);
  step.send(m.worker, std::move(reply));
  step.live.reschedule = true;
}

}  // namespace orch::coordinator
