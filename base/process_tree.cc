#include "base/process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/file.h"

namespace orch {
namespace {

/// The parent in "/proc/PID/stat": the second field behind the last ')'. 0: gone.
pid_t parent_in_stat(const char* pid_text) {
  char path[64];
  std::snprintf(path, sizeof(path), "/proc/%s/stat", pid_text);
  const FileDescriptor fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd) return 0;
  char text[512];
  const ssize_t n = ::read(fd.get(), text, sizeof(text) - 1);
  if (n <= 0) return 0;
  text[n] = '\0';
  const char* behind_name = std::strrchr(text, ')');
  if (behind_name == nullptr || std::strlen(behind_name) < 5) return 0;
  return static_cast<pid_t>(std::strtol(behind_name + 4, nullptr, 10));
}

}  // namespace

std::vector<ProcessEntry> list_processes() {
  std::vector<ProcessEntry> all;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return all;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const pid_t parent = parent_in_stat(entry->d_name);
    if (parent > 0) all.push_back({static_cast<pid_t>(std::atol(entry->d_name)), parent});
  }
  ::closedir(folder);
  std::sort(all.begin(), all.end(),
            [](const ProcessEntry& a, const ProcessEntry& b) { return a.pid < b.pid; });
  return all;
}

std::vector<pid_t> descendants_of(pid_t root) {
  const std::vector<ProcessEntry> all = list_processes();
  std::vector<pid_t> found = {root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const pid_t parent = found[i];
    for (const ProcessEntry& entry : all) {
      const bool seen = std::find(found.begin(), found.end(), entry.pid) != found.end();
      if (entry.parent == parent && !seen) found.push_back(entry.pid);
    }
  }
  found.erase(found.begin());
  return found;
}

std::vector<pid_t> children_of(pid_t root) {
  std::vector<pid_t> found;
  for (const ProcessEntry& entry : list_processes()) {
    if (entry.parent == root) found.push_back(entry.pid);
  }
  return found;
}

std::string environment_of(pid_t pid, const std::string& name) {
  const Result<std::string> block = read_file("/proc/" + std::to_string(pid) + "/environ");
  if (!block.ok()) return {};
  const std::string prefix = name + "=";
  std::size_t at = 0;
  while (at < block->size()) {
    std::size_t end = block->find('\0', at);
    if (end == std::string::npos) end = block->size();
    if (block->compare(at, prefix.size(), prefix) == 0) {
      return block->substr(at + prefix.size(), end - at - prefix.size());
    }
    at = end + 1;
  }
  return {};
}

void kill_tree(pid_t root) {
  const std::vector<pid_t> below = descendants_of(root);
  ::kill(root, SIGKILL);
  for (const pid_t pid : below) ::kill(pid, SIGKILL);
}

void kill_adopted_children(const std::vector<pid_t>& except) {
  for (bool found = true; found;) {
    found = false;
    for (const pid_t child : children_of(::getpid())) {
      if (std::find(except.begin(), except.end(), child) != except.end()) continue;
      found = true;
      kill_tree(child);
      ::waitpid(child, nullptr, __WALL);
    }
  }
}

void kill_all_descendants() {
  for (;;) {
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG | __WALL);
    if (reaped > 0) continue;
    if (reaped < 0 && errno == ECHILD) return;
    for (const pid_t pid : descendants_of(::getpid())) ::kill(pid, SIGKILL);
    ::waitpid(-1, nullptr, __WALL);  // one of them dies; then look again
  }
}

}  // namespace orch
