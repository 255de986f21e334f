#pragma once
// A simulated rank: a small program that runs on simulated time. Commands just run and exit; other
// kinds step, commit checkpoints and their result like a training rank. Some exit badly, die by a
// signal, ignore SIGTERM or hang. Thread: the simulation's.

#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "worker/reactor.h"

namespace orch::sim {

/// What a process does next to its worker; empty: nothing.
struct Act {
  std::optional<protocol::FromRank> says;
  std::optional<worker::RankExited> exits;
};

class Process {
 public:
  /// `faults`: probability that it ends badly.
  Process(const worker::SpawnRank& spawn, TimePoint now, Random& random, double faults);

  const worker::RankId& id() const { return id_; }
  int cpu() const { return cpu_; }
  std::int64_t resume_step() const { return start_ ? start_->resume_step : 0; }
  TimePoint next_at() const { return next_at_; }
  /// Does what is due at next_at(). Every act may write to its log.
  Act act(TimePoint now, std::string& log);
  /// From its worker.
  void hear(const protocol::ToRank& message, TimePoint now);
  void signal(int number, TimePoint now);

 private:
  Act exit_with(int code, int signal);
  Act train(TimePoint now);
  protocol::RankCommit commit(const std::string& kind) const;
  Duration pause(int ms_max);

  worker::RankId id_;
  std::optional<protocol::RankStart> start_;
  Random& random_;
  int cpu_ = 1;
  std::int64_t step_ = 0, steps_ = 0, saved_ = 0;
  bool stop_ = false, waits_ = false, finished_ = false, refused_ = false, said_stop_ = false;
  bool ignores_term_ = false;
  std::int64_t dies_at_step_ = -1;
  int death_code_ = 0, death_signal_ = 0;
  std::optional<int> killed_by_;
  TimePoint next_at_;
};

}  // namespace orch::sim
