#pragma once
// The local cluster of `orchctl up`: which daemons of a home run, how they are started and ended.
// One thread.

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace orch::orchctl {

/// How many workers and slots `up` was asked for; kept in HOME/run/cluster.json for the next `up`.
struct ClusterSettings {
  int workers = 2;
  int slots = 1;
};

class LocalCluster {
 public:
  explicit LocalCluster(std::string home) : home_(std::move(home)) {}

  /// Stored settings, overridden by what is > 0, completed by defaults (2 workers, cores / workers
  /// slots).
  Result<ClusterSettings> settings(int workers, int slots) const;
  Result<void> store(const ClusterSettings& settings) const;

  /// The process of "coordinator" or "worker-N" if it runs, from its pid file; nullopt when it does
  /// not.
  std::optional<int> running(const std::string& daemon) const;
  /// Every daemon of this home that runs: workers first, then the coordinator.
  std::vector<std::pair<std::string, int>> all_running() const;
  /// Starts a daemon in its own session, its output appended to HOME/logs/<daemon>.log.
  Result<int> start(const std::string& daemon, const std::vector<std::string>& arguments) const;
  /// SIGTERM, and SIGKILL for what is still there after `patience`.
  void stop(const std::vector<std::pair<std::string, int>>& daemons, Duration patience) const;
  std::string log_path(const std::string& daemon) const;

 private:
  std::string home_;
};

}  // namespace orch::orchctl
