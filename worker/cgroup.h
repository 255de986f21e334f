#pragma once
// Control groups, version 2, where this user may write them: a memory limit and CPU weight a rank,
// and the kernel's word on who was killed for memory. Where they cannot be written everything works
// without. Thread: one.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace orch::worker {

inline constexpr char kCgroupMount[] = "/sys/fs/cgroup";
/// This process's group in the unified hierarchy ("/" or "/a/b"), "" if there is none.
std::string own_cgroup();

class Cgroups {
 public:
  /// Makes MOUNT/OWN/orch-NAME with memory and cpu control for groups below it, after moving this
  /// process into a leaf of it (a group that has members cannot have controlled children).
  /// Errors: why it cannot be used; then this process is where it was.
  static Result<Cgroups> open(const std::string& mount, const std::string& own,
                              const std::string& name);

  /// A group for one rank; returns its cgroup.procs. Errors: kInternal.
  Result<std::string> make(const std::string& rank, std::uint64_t memory_bytes, std::int64_t cpu);
  /// How many of its processes the kernel killed for memory.
  std::uint64_t out_of_memory_kills(const std::string& rank) const;
  /// Kills what is in it and removes it.
  void remove(const std::string& rank);

 private:
  std::string path_;
};

}  // namespace orch::worker
