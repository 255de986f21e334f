#pragma once
// A simulated user: submits jobs with request ids until each is acknowledged, pauses, resumes,
// cancels and retries some, and remembers what it was told. Thread: the simulation's.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/messages.h"
#include "protocol/transport_simulated.h"

namespace orch::sim {

class User {
 public:
  User(protocol::SimulatedNetwork& network, const SimulatedClock& clock, Random& random, int jobs);

  TimePoint next_at() const { return next_at_; }
  void run_due();
  /// From now on only resume what was paused, and repeat what was not acknowledged.
  void calm_down() { calm_ = true; }
  bool all_acknowledged() const { return acknowledged_.size() == wanted_.size(); }
  /// Request id → job, as told.
  const std::map<std::string, JobId>& acknowledged() const { return acknowledged_; }
  /// Jobs for which retry was asked at least once.
  bool asked_retry() const { return asked_retry_; }

 private:
  void hear(const std::string& bytes);
  void send(protocol::ClientRequest request, const std::string& about);
  std::string spec(int number);

  protocol::SimulatedNetwork& network_;
  const SimulatedClock& clock_;
  Random& random_;
  std::unique_ptr<protocol::ClientTransport> transport_;
  std::map<std::string, std::string> wanted_;   ///< request id → spec
  std::map<std::uint64_t, std::string> asked_;  ///< request number → request id
  std::map<std::string, JobId> acknowledged_;
  std::uint64_t number_ = 0;
  TimePoint next_at_{};
  bool calm_ = false, asked_retry_ = false;
};

}  // namespace orch::sim
