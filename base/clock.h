#pragma once
// Time as an interface, so that simulation owns it. The only place that reads the machine's clocks
// is clock.cc.

#include <chrono>
#include <cstdint>
#include <string>

namespace orch {

using Duration = std::chrono::nanoseconds;

/// Monotonic: for timeouts and intervals within one process. Epoch is arbitrary.
struct MonotonicTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicTag, Duration>;
  static constexpr bool is_steady = true;
};
using TimePoint = MonotonicTag::time_point;

/// Wall time in microseconds since 1970-01-01 UTC: for people and records, never for decisions.
struct WallTime {
  std::int64_t microseconds = 0;
  auto operator<=>(const WallTime&) const = default;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wall() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME. Thread: any.
class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
  WallTime wall() const override;
};

/// A clock that stands still until it is told to move. Thread: one.
class SimulatedClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  WallTime wall() const override {
    return {kWallStart +
            std::chrono::duration_cast<std::chrono::microseconds>(now_.time_since_epoch()).count()};
  }
  /// Bug if it would go back.
  void advance_to(TimePoint t);
  void advance(Duration d) { advance_to(now_ + d); }

 private:
  static constexpr std::int64_t kWallStart = 1'750'000'000'000'000;
  TimePoint now_{};
};

/// "2026-01-31T12:34:56.789Z"
std::string iso8601(WallTime t);

/// "300ms", "5s", "2 min 41 s"-like for people: "2m41s". Units: nanoseconds in.
std::string human_duration(Duration d);

/// Blocks this thread. For shells and tests of real processes only, never as synchronisation.
void sleep_for(Duration d);

}  // namespace orch
