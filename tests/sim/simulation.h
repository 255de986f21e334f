#pragma once
// A whole cluster in one thread, a pure function of its seed: production brain, log logic, codecs
// and worker reactors over a simulated network, disk and processes. First faults (loss, delay,
// duplication, reordering, partitions, crashes of the coordinator and of workers, dropped unsynced
// writes, bad processes), then they heal and every job must end. Invariants are looked at after
// each step; a breach aborts the run and is returned as text.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "coordinator/brain.h"
#include "storage/control_log_simulated.h"
#include "storage/key_values_memory.h"
#include "storage/metrics_store.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_worker.h"

namespace orch::sim {

struct SimulationOptions {
  std::uint64_t seed = 0;
  bool verbose = false;
  Duration faults_for{std::chrono::seconds(40)};
  Duration heal_within{std::chrono::minutes(30)};
};

struct Outcome {
  std::string breach;  ///< "" when all invariants held
  std::uint64_t steps = 0, crashes = 0, attempts = 0, jobs = 0, succeeded = 0;
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options);
  ~Simulation();
  Outcome run();

 private:
  void start_coordinator();
  void crash_coordinator();
  void receive(const protocol::Incoming& incoming);
  void receive_worker(const protocol::Incoming& incoming);
  void take_logs(const std::string& peer, const protocol::LogShipment& shipment);
  void release(const coordinator::Effects& effects);
  TimePoint next_time() const;
  void run_due();
  void inject_faults();
  void heal();
  bool all_ended() const;

  // Invariants (simulation_invariants.cc).
  void breach(const std::string& what);
  void follow_disk();
  void check_record(const coordinator::Record& record);
  void check_acknowledged();
  void check_slots(const Node& node, const worker::SpawnRank& spawn);
  void check_told(const AttemptId& id, const protocol::RankCommitted& said);
  void check_replay();
  void check_end();

  SimulationOptions options_;
  SimulatedClock clock_;
  SeededRandom random_;
  protocol::SimulatedNetwork network_;
  storage::SimulatedDisk disk_;
  std::unique_ptr<protocol::ServerTransport> server_;
  std::unique_ptr<storage::SimulatedControlLog> log_;
  std::unique_ptr<coordinator::Brain> brain_;
  storage::MemoryKeyValues* metrics_disk_ = nullptr;
  std::unique_ptr<storage::MetricsStore> metrics_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::unique_ptr<User> user_;
  TimePoint tick_at_{}, fault_at_{}, restart_at_{TimePoint::max()};
  std::map<std::string, TimePoint> node_restart_, partition_end_;
  bool healed_ = false;

  coordinator::State shadow_;       ///< replayed from what is on disk
  std::map<TaskId, Attempt> told_;  ///< highest attempt that was told that a commit counts
  std::map<TaskId, std::string> told_result_;
  Outcome outcome_;
};

}  // namespace orch::sim
