#pragma once
// A simulated node: the production worker reactor, simulated processes, a spool that outlives
// crashes of the daemon. Thread: the simulation's.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/transport_simulated.h"
#include "tests/sim/sim_process.h"
#include "worker/reactor.h"

namespace orch::sim {

class Node {
 public:
  /// Borrows everything.
  Node(std::string name, int slots, protocol::SimulatedNetwork& network,
       const SimulatedClock& clock, Random& random);

  const std::string& name() const { return name_; }
  bool is_up() const { return transport_ != nullptr; }
  /// Starts the daemon (a new incarnation).
  void start();
  /// The daemon dies, and its ranks with it.
  void crash();
  void set_process_faults(double faults) { process_faults_ = faults; }

  TimePoint next_at() const;
  /// Everything of this node whose time has come.
  void run_due();

  /// Slots that living processes use.
  int slots_in_use() const;
  int slots() const { return slots_; }
  const std::map<worker::RankId, Process>& processes() const { return processes_; }
  /// What every rank that ever ran here wrote.
  const std::map<worker::RankId, std::string>& logs() const { return written_; }

  /// A rank was told that its commit counts.
  std::function<void(const AttemptId& id, const protocol::RankCommitted& said)> on_told;
  std::function<void(const worker::SpawnRank& spawn)> on_spawn;

 private:
  void take(const worker::Event& event);
  void perform(const worker::Effect& effect);
  void later(Duration delay, worker::Event event);

  std::string name_;
  int slots_;
  protocol::SimulatedNetwork& network_;
  const SimulatedClock& clock_;
  Random& random_;
  double process_faults_ = 0;
  std::uint64_t incarnation_ = 0;
  std::int64_t next_pid_ = 100;
  std::unique_ptr<protocol::ClientTransport> transport_;
  worker::State state_;
  TimePoint tick_at_{};
  std::map<worker::RankId, Process> processes_;
  std::map<worker::RankId, std::string> spool_, written_;
  std::multimap<TimePoint, worker::Event> events_;
};

}  // namespace orch::sim
