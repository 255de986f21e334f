// up and down: a whole local cluster of what is built.
#include <algorithm>
#include <cstdio>

#include "orchctl/cluster.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

constexpr Duration kStartMax = std::chrono::seconds(60);
constexpr Duration kStopMax = std::chrono::seconds(20);
constexpr Duration kSignalPollEvery = std::chrono::milliseconds(50);

/// Asks with short timeouts until `ready` is satisfied or the deadline is over.
template <typename Ready>
Result<void> await(const Options& options, const Clock& clock, const std::string& what,
                   const std::string& log, Ready ready) {
  const TimePoint deadline = clock.now() + std::max<Duration>(kStartMax, options.timeout);
  Options probing = options;
  probing.timeout = std::chrono::seconds(2);
  for (;;) {
    Session probe(probing);
    Result<bool> done = ready(probe);
    if (done.ok() && *done) return {};
    if (!done.ok() && done.error().code == Code::kDenied) return done.error();
    if (clock.now() > deadline) {
      return unavailable(what + " did not come up within " + human_duration(kStartMax),
                         "less " + log);
    }
    if (interrupted()) return unavailable("interrupted while waiting for " + what, "orchctl down");
    sleep_for(kSignalPollEvery);
  }
}

Result<void> start_all(Session& session, LocalCluster& cluster, const ClusterSettings& settings) {
  const Options& options = session.options();
  if (!cluster.running("coordinator")) {
    ORCH_TRY(cluster.start("coordinator", {"orch-coordinator", "--home", options.home}));
  }
  ORCH_TRY(await(options, session.clock(), "the coordinator", cluster.log_path("coordinator"),
                 [](Session& probe) -> Result<bool> {
                   ORCH_TRY(probe.ask<protocol::HelloReply>(protocol::Hello{}));
                   return true;
                 }));
  std::vector<std::string> names;
  for (int i = 0; i < settings.workers; ++i) {
    names.push_back("worker-" + std::to_string(i));
    if (cluster.running(names.back())) continue;
    ORCH_TRY(
        cluster.start(names.back(), {"orch-worker", "--home", options.home, "--name", names.back(),
                                     "--slots", std::to_string(settings.slots)}));
  }
  return await(
      options, session.clock(), "every worker", cluster.log_path("worker-0"),
      [&](Session& probe) -> Result<bool> {
        ORCH_ASSIGN(const protocol::ListReply list, probe.list(protocol::ListKind::kWorkers));
        return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
          const auto pid = cluster.running(name);
          return pid &&
                 std::any_of(list.workers.begin(), list.workers.end(), [&](const auto& worker) {
                   return worker.worker == name && worker.pid == *pid && worker.state == "ready";
                 });
        });
      });
}

}  // namespace

int up(Session& session) {
  const Options& options = session.options();
  LocalCluster cluster(options.home);
  catch_interrupts();
  auto settings = cluster.settings(options.workers, options.slots);
  if (!settings.ok()) return fail(options, settings.error());
  if (auto stored = cluster.store(*settings); !stored.ok()) return fail(options, stored.error());
  if (auto started = start_all(session, cluster, *settings); !started.ok())
    return fail(options, started.error());
  if (!options.quiet) {
    std::fprintf(stderr,
                 "up: coordinator and %d workers with %d slots each in %s\nnext: orchctl submit "
                 "SPEC --follow · orchctl get workers · orchctl down\n",
                 settings->workers, settings->slots, options.home.c_str());
  }
  if (options.detach) return kExitDone;
  while (!interrupted()) {
    sleep_for(std::chrono::milliseconds(100));
    if (cluster.all_running().empty()) {
      return fail(options, unavailable("every daemon of " + options.home + " has ended",
                                       "less " + cluster.log_path("coordinator")));
    }
  }
  return down(session);
}

int down(Session& session) {
  const Options& options = session.options();
  LocalCluster cluster(options.home);
  const auto daemons = cluster.all_running();
  std::vector<std::pair<std::string, int>> workers;
  std::vector<std::pair<std::string, int>> coordinator;
  for (const auto& daemon : daemons)
    (daemon.first == "coordinator" ? coordinator : workers).push_back(daemon);
  cluster.stop(workers, kStopMax);
  cluster.stop(coordinator, kStopMax);
  if (!options.quiet) std::fprintf(stderr, "down: %zu daemons ended\n", daemons.size());
  return kExitDone;
}

}  // namespace orch::orchctl
