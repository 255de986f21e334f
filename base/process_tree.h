#pragma once
// Who descends from whom, from /proc; killing a whole tree. Thread: any, but the waiting functions
// reap children of the calling process.

#include <sys/types.h>

#include <string>
#include <vector>

namespace orch {

struct ProcessEntry {
  pid_t pid = 0, parent = 0;
};
/// All processes now, zombies too, by pid.
std::vector<ProcessEntry> list_processes();
/// Descendants of `root` without itself, parents before children.
std::vector<pid_t> descendants_of(pid_t root);
/// Direct children of `root`.
std::vector<pid_t> children_of(pid_t root);
/// Value of a variable in the environment that a process was executed with; "" if there is none or
/// it may not be read.
std::string environment_of(pid_t pid, const std::string& name);

/// SIGKILL to `root` and all its descendants, once.
void kill_tree(pid_t root);
/// Kills the children of this process other than `except`, with all below them, and reaps them:
/// after a process host and a keeper were killed together, what they left comes to its sub-reaper.
void kill_adopted_children(const std::vector<pid_t>& except);
/// Kills every descendant of this process and reaps its children until none is left. New ones that
/// appear meanwhile are killed too. Orphans come here if the process is a sub-reaper.
void kill_all_descendants();

}  // namespace orch
