#include "worker/leftovers.h"

#include <unistd.h>

#include <csignal>
#include <set>

#include "base/process_tree.h"

namespace orch::worker {

std::vector<int> find_leftovers(const std::string& home, const std::string& worker) {
  std::vector<int> found;
  for (const ProcessEntry& entry : list_processes()) {
    if (entry.pid == ::getpid()) continue;
    if (environment_of(entry.pid, "ORCH_WORKER") != worker) continue;
    if (environment_of(entry.pid, "ORCH_HOME") != home) continue;
    if (environment_of(entry.pid, "ORCH_ATTEMPT").empty()) continue;
    found.push_back(entry.pid);
  }
  return found;
}

int kill_leftovers(const std::string& home, const std::string& worker, const Clock& clock,
                   Duration patience) {
  const TimePoint give_up = clock.now() + patience;
  std::set<int> killed;
  for (;;) {
    const std::vector<int> alive = find_leftovers(home, worker);
    if (alive.empty()) return static_cast<int>(killed.size());
    for (const int pid : alive) {
      ::kill(pid, SIGKILL);
      killed.insert(pid);
    }
    if (clock.now() >= give_up) return -1;
    sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace orch::worker
