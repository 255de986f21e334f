#include "coordinator/reactor.h"

#include "coordinator/apply.h"
#include "coordinator/scheduler.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};

void on_client(Step& step, const FromClient& event) {
  const ClientKey& client = event.client;
  std::visit(Overload{
                 [&](const protocol::Submit& r) { on_submit(step, client, r); },
                 [&](const protocol::List& r) { on_list(step, client, r); },
                 [&](const protocol::Explain& r) { on_explain(step, client, r); },
                 [&](const protocol::Control& r) { on_control(step, client, r); },
                 [&](const auto&) {
                   step.refuse(client, invalid("this request is not for the scheduler"));
                 },
             },
             event.request);
}

void on_worker(Step& step, const FromWorker& event) {
  if (const auto* message = std::get_if<protocol::Register>(&event.message)) {
    return on_register(step, event.peer, *message);
  }
  const auto known = step.live.peers.find(event.peer);
  if (known == step.live.peers.end()) {
    protocol::HeartbeatReply reply;
    reply.register_again = true;
    return step.send_peer(event.peer, reply);
  }
  const std::string worker = known->second;
  Session& session = step.live.sessions[worker];
  session.last_heard = step.now;
  if (session.silent) {
    session.silent = false;
    step.live.reschedule = true;
  }
  std::visit(Overload{
                 [&](const protocol::Heartbeat& m) { on_heartbeat(step, worker, m); },
                 [&](const protocol::RankStarted& m) { on_rank_started(step, worker, m); },
                 [&](const protocol::RankEnded& m) { on_rank_ended(step, worker, m); },
                 [&](const protocol::CommitRequest& m) { on_commit(step, worker, m); },
                 [&](const protocol::AttemptReleased& m) { on_released(step, worker, m); },
                 [](const auto&) {},
             },
             event.message);
}

}  // namespace

void Step::commit(Record record) {
  const auto applied = coordinator::apply(mutable_, record);
  ORCH_CHECK(applied.ok(), "a decision does not fit the state: %s",
             applied.error().message.c_str());
  effects_.records.push_back(std::move(record));
}

void Step::send(const std::string& worker, protocol::CoordinatorMessage message) {
  const auto session = live.sessions.find(worker);
  if (session == live.sessions.end() || session->second.peer.empty()) return;
  effects_.to_workers.push_back({worker, session->second.peer, std::move(message)});
}

void Step::send_peer(const std::string& peer, protocol::CoordinatorMessage message) {
  effects_.to_workers.push_back({"", peer, std::move(message)});
}

void Step::reply(const ClientKey& client, protocol::ClientReply reply) {
  effects_.to_clients.push_back({client, std::move(reply)});
}

void Step::refuse(const ClientKey& client, Error error) {
  reply(client, protocol::ErrorReply{std::move(error)});
}

Effects step(const Config& config, State& state, const Event& event, TimePoint now) {
  Step hands(config, state, event.at, now);
  std::visit(Overload{
                 [&](const Started& e) { on_started(hands, e); },
                 [&](const Tick& e) { on_tick(hands, e); },
                 [&](const FromClient& e) { on_client(hands, e); },
                 [&](const FromWorker& e) { on_worker(hands, e); },
             },
             event.what);
  if (state.live.reschedule) {
    state.live.reschedule = false;
    schedule(hands);
  }
  return hands.take();
}

}  // namespace orch::coordinator
