#pragma once
// The hands of the reactor_*.cc files during one step(): read the state, decide records (applied at
// once), queue messages. Facts change only through record(). Private to the reactor.

#include <string>
#include <utility>
#include <vector>

#include "coordinator/effects.h"
#include "coordinator/reactor.h"
#include "coordinator/state.h"

namespace orch::coordinator {

class Step {
 public:
  Step(const Config& config, State& state, WallTime wall, TimePoint now)
      : config(config), state(state), live(state.live), wall(wall), now(now), mutable_(state) {}

  const Config& config;
  const State& state;
  Live& live;
  const WallTime wall;
  const TimePoint now;

  /// Decides a fact; its `at` is set here.
  template <typename Fact>
  void record(Fact fact) {
    fact.at = wall;
    commit(std::move(fact));
  }
  /// To the peer that speaks for `worker` now; dropped when there is none (it will be repeated).
  void send(const std::string& worker, protocol::CoordinatorMessage message);
  void send_peer(const std::string& peer, protocol::CoordinatorMessage message);
  void reply(const ClientKey& client, protocol::ClientReply reply);
  void refuse(const ClientKey& client, Error error);
  Effects take() { return std::move(effects_); }

 private:
  void commit(Record record);
  State& mutable_;
  Effects effects_;
};

// ---- reactor_*.cc, one each
void on_started(Step& step, const Started& event);
void on_tick(Step& step, const Tick& event);
void on_submit(Step& step, const ClientKey& client, const protocol::Submit& request);
void on_list(Step& step, const ClientKey& client, const protocol::List& request);
void on_explain(Step& step, const ClientKey& client, const protocol::Explain& request);
void on_control(Step& step, const ClientKey& client, const protocol::Control& request);
void on_register(Step& step, const std::string& peer, const protocol::Register& message);
void on_heartbeat(Step& step, const std::string& worker, const protocol::Heartbeat& message);
void on_rank_started(Step& step, const std::string& worker, const protocol::RankStarted& message);
void on_rank_ended(Step& step, const std::string& worker, const protocol::RankEnded& message);
void on_commit(Step& step, const std::string& worker, const protocol::CommitRequest& message);
void on_released(Step& step, const std::string& worker, const protocol::AttemptReleased& message);
/// 5 s of silence, or a restarted daemon: what ran there is lost. `why` is for people.
void on_worker_lost(Step& step, const std::string& worker, const std::string& why);

}  // namespace orch::coordinator
