#pragma once
// What this machine has: cores this process may use, memory it may have, GPUs. GPUs are asked for
// through NVML, which is loaded at run time; a machine without a driver simply has none.

#include <cstdint>
#include <string>
#include <vector>

namespace orch::worker {

struct Inventory {
  std::string host;
  int cores = 1;
  std::uint64_t memory_bytes = 0;
  std::vector<std::string> gpus;  ///< names, in the driver's order
};

/// Cores by affinity; memory is the lesser of the machine's and the cgroup's limit.
Inventory take_inventory();

/// The least `memory.max` from `cgroup` ("/a/b", as /proc/self/cgroup has it) up to the root of the
/// hierarchy mounted at `mount`; 0: no limit.
std::uint64_t cgroup_memory_limit(const std::string& mount, const std::string& cgroup);

}  // namespace orch::worker
