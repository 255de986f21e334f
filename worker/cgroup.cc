#include "worker/cgroup.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/file.h"

namespace orch::worker {
namespace {

Result<void> write_control(const std::string& path, const std::string& text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return system_error("cannot open " + path, errno);
  return write_all(fd.get(), text.data(), text.size(), path);
}

Result<void> make_group(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
    return system_error("cannot make " + path, errno);
  }
  return {};
}

}  // namespace

std::string own_cgroup() {
  const auto text = read_file("/proc/self/cgroup");
  if (!text.ok()) return {};
  const auto at = text->rfind("0::/", 0) == 0 ? 0 : text->find("\n0::/");
  if (at == std::string::npos) return {};
  const auto begin = text->find('/', at);
  std::string path = text->substr(begin, text->find('\n', begin) - begin);
  return path;
}

Result<Cgroups> Cgroups::open(const std::string& mount, const std::string& own,
                              const std::string& name) {
  if (own.empty() || !file_exists(mount + "/cgroup.controllers")) {
    return not_found("there is no cgroup v2 hierarchy at " + mount);
  }
  const std::string base = own == "/" ? mount : mount + own;
  Cgroups groups;
  groups.path_ = base + "/orch-" + name;
  const std::string daemon = groups.path_ + "/daemon";
  ORCH_TRY(make_group(groups.path_));
  Result<void> done = make_group(daemon);
  if (done.ok()) done = write_control(daemon + "/cgroup.procs", "0");
  if (done.ok()) done = write_control(base + "/cgroup.subtree_control", "+memory +cpu");
  if (done.ok()) done = write_control(groups.path_ + "/cgroup.subtree_control", "+memory +cpu");
  if (done.ok()) return groups;
  if (write_control(base + "/cgroup.procs", "0").ok()) {
    ::rmdir(daemon.c_str());
    ::rmdir(groups.path_.c_str());
  }
  return done.error();
}

Result<std::string> Cgroups::make(const std::string& rank, std::uint64_t memory_bytes,
                                  std::int64_t cpu) {
  const std::string path = path_ + "/" + rank;
  ORCH_TRY(make_group(path));
  if (memory_bytes > 0) {
    ORCH_TRY(write_control(path + "/memory.max", std::to_string(memory_bytes)));
    // Swapping instead of the limit would make a rank slow, not small. Not there without swap.
    if (file_exists(path + "/memory.swap.max")) {
      ORCH_TRY(write_control(path + "/memory.swap.max", "0"));
    }
    ORCH_TRY(write_control(path + "/memory.oom.group", "1"));
  }
  const std::int64_t weight = std::clamp<std::int64_t>(100 * cpu, 1, 10'000);
  ORCH_TRY(write_control(path + "/cpu.weight", std::to_string(weight)));
  return path + "/cgroup.procs";
}

std::uint64_t Cgroups::out_of_memory_kills(const std::string& rank) const {
  const auto text = read_file(path_ + "/" + rank + "/memory.events");
  if (!text.ok()) return 0;
  const auto at = text->find("oom_kill ");
  return at == std::string::npos ? 0 : std::strtoull(text->c_str() + at + 9, nullptr, 10);
}

void Cgroups::remove(const std::string& rank) {
  const std::string path = path_ + "/" + rank;
  if (!write_control(path + "/cgroup.kill", "1").ok()) return;  // it is not there
  ::rmdir(path.c_str());
}

}  // namespace orch::worker
