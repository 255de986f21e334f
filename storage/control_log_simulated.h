#pragma once
// A control log on a simulated disk: slow, asynchronous, and at a crash it keeps what was durable
// plus a random part of what was under way. Driven by a SimulatedClock, like the simulated network:
// the driver asks next_completion() and calls complete_one(). Thread: one.

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "storage/control_log.h"

namespace orch::storage {

/// What survives a crash of the coordinator.
class SimulatedDisk {
 public:
  SimulatedDisk(const SimulatedClock& clock, Random& random) : clock_(clock), random_(random) {}
  /// How long a sync takes: uniform in between.
  void set_delay(Duration min, Duration max) {
    delay_min_ = min;
    delay_max_ = max;
  }
  std::size_t records() const { return records_.size(); }

 private:
  friend class SimulatedControlLog;
  Duration delay();
  const SimulatedClock& clock_;
  Random& random_;
  Duration delay_min_{0}, delay_max_{0};
  std::vector<std::string> records_;  ///< position n is at n − 1
  LogSnapshot snapshot_;
};

class SimulatedControlLog final : public ControlLog {
 public:
  /// Borrows the disk. Destroying it is a crash.
  explicit SimulatedControlLog(SimulatedDisk& disk) : disk_(disk) {}
  ~SimulatedControlLog() override;

  Result<LogSnapshot> read_snapshot() override { return disk_.snapshot_; }
  Result<void> replay(LogPosition after, const OnRecord& on_record) override;
  void on_durable(OnDurable callback) override { on_durable_ = std::move(callback); }
  void append(LogPosition first, std::vector<std::string> records) override;
  void save_snapshot(LogPosition position, std::string bytes) override;

  std::optional<TimePoint> next_completion() const;
  /// Finishes the sync under way if its time has come: all records queued when it began.
  bool complete_one();

 private:
  struct Pending {
    LogPosition first;
    std::vector<std::string> records;
    std::optional<LogSnapshot> snapshot;
  };
  void begin_sync();
  void persist(const Pending& pending);

  SimulatedDisk& disk_;
  OnDurable on_durable_;
  std::deque<Pending> queue_;
  std::size_t syncing_ = 0;  ///< how many of the queue the sync under way covers
  TimePoint done_at_{};
};

}  // namespace orch::storage
