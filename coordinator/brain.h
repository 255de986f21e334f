#pragma once
// The reactor with its log: recovers the state, feeds events to step(), appends the records, and
// lets go of each answer only when the log position that its state had is durable. The same code
// runs in the daemon and in the simulation. Thread: the coordinator's.

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "coordinator/effects.h"
#include "coordinator/reactor.h"
#include "storage/control_log.h"

namespace orch::coordinator {

struct BrainOptions {
  Config config;
  std::uint64_t snapshot_every = 20'000;  ///< records
};

class Brain {
 public:
  /// Called with effects whose records are durable, in order.
  using Release = std::function<void(const Effects&)>;

  /// Replays the log. Borrows log and clock. Errors: kCorrupt, kInvalid (written by a newer
  /// version).
  static Result<std::unique_ptr<Brain>> recover(BrainOptions options, storage::ControlLog& log,
                                                const Clock& clock, Release release);
  Brain(const Brain&) = delete;
  Brain& operator=(const Brain&) = delete;

  void handle(decltype(Event::what) what);
  /// Runs `action` once everything that the state holds now is durable.
  void when_durable(std::function<void()> action);
  /// Queues a snapshot of the state as it is.
  void save_snapshot();

  const State& state() const { return state_; }
  LogPosition durable() const { return durable_; }

 private:
  struct Held {
    LogPosition position;
    Effects effects;
    std::function<void()> action;
  };
  Brain(BrainOptions options, storage::ControlLog& log, const Clock& clock, Release release)
      : options_(std::move(options)), log_(log), clock_(clock), release_(std::move(release)) {}
  Result<void> replay();
  void hold(Held held);
  void on_durable(LogPosition position);
  void let_go();

  BrainOptions options_;
  storage::ControlLog& log_;
  const Clock& clock_;
  Release release_;
  State state_;
  LogPosition durable_, snapshot_;
  std::deque<Held> held_;
  bool letting_go_ = false;
};

}  // namespace orch::coordinator
