#include "orchctl/cluster.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/environment.h"
#include "base/file.h"

namespace orch::orchctl {
namespace {

constexpr int kDefaultWorkers = 2;
constexpr Duration kProcessPollEvery = std::chrono::milliseconds(20);

int cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

bool is_zombie(int pid) {
  auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat.ok()) return true;
  const std::size_t name_end = stat->rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat->size() &&
         (*stat)[name_end + 2] == 'Z';
}

std::string settings_path(const std::string& home) { return home + "/run/cluster.json"; }

}  // namespace

Result<ClusterSettings> LocalCluster::settings(int workers, int slots) const {
  ClusterSettings result{0, 0};
  if (auto text = read_file(settings_path(home_), 1 << 16); text.ok()) {
    const auto stored = nlohmann::json::parse(*text, nullptr, false);
    if (stored.is_object()) {
      result.workers = stored.value("workers", 0);
      result.slots = stored.value("slots", 0);
    }
  }
  if (workers > 0 && workers != result.workers) result = {workers, 0};
  if (slots > 0) result.slots = slots;
  if (result.workers <= 0) result.workers = kDefaultWorkers;
  if (result.slots <= 0) result.slots = std::max(1, cores() / result.workers);
  return result;
}

Result<void> LocalCluster::store(const ClusterSettings& settings) const {
  ORCH_TRY(make_directories(home_ + "/run"));
  const nlohmann::json record = {{"workers", settings.workers}, {"slots", settings.slots}};
  return write_file_atomic(settings_path(home_), record.dump() + "\n");
}

std::optional<int> LocalCluster::running(const std::string& daemon) const {
  auto text = read_file(home_ + "/run/" + daemon + ".pid", 64);
  if (!text.ok()) return std::nullopt;
  const int pid = std::atoi(text->c_str());
  if (pid <= 1 || is_zombie(pid)) return std::nullopt;
  auto command = read_file("/proc/" + std::to_string(pid) + "/cmdline", 1 << 16);
  if (!command.ok()) return std::nullopt;
  const std::string program = daemon == "coordinator" ? "orch-coordinator" : "orch-worker";
  const bool ours =
      command->find(program) != std::string::npos && command->find(home_) != std::string::npos;
  return ours ? std::optional<int>(pid) : std::nullopt;
}

std::vector<std::pair<std::string, int>> LocalCluster::all_running() const {
  std::vector<std::pair<std::string, int>> daemons;
  auto names = list_directory(home_ + "/run");
  if (names.ok()) {
    for (const std::string& name : *names) {
      if (!name.starts_with("worker-") || !name.ends_with(".pid")) continue;
      const std::string daemon = name.substr(0, name.size() - 4);
      if (const auto pid = running(daemon)) daemons.emplace_back(daemon, *pid);
    }
  }
  if (const auto pid = running("coordinator")) daemons.emplace_back("coordinator", *pid);
  return daemons;
}

std::string LocalCluster::log_path(const std::string& daemon) const {
  return home_ + "/logs/" + daemon + ".log";
}

Result<int> LocalCluster::start(const std::string& daemon,
                                const std::vector<std::string>& arguments) const {
  ORCH_TRY(make_directories(home_ + "/logs"));
  const std::string log = log_path(daemon);
  FileDescriptor out(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!out) return system_error("cannot open " + log, errno);
  FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> words = arguments;
  words[0] = executable_directory() + "/" + arguments[0];
  if (::access(words[0].c_str(), X_OK) != 0) {
    return not_found(words[0] + " is not built", "./dev build");
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return system_error("cannot fork", errno);
  if (child == 0) {
    ::setsid();
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(out.get(), STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return static_cast<int>(child);
}

void LocalCluster::stop(const std::vector<std::pair<std::string, int>>& daemons,
                        Duration patience) const {
  SystemClock clock;
  for (const auto& [name, pid] : daemons) ::kill(pid, SIGTERM);
  const TimePoint deadline = clock.now() + patience;
  const auto alive = [&] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return std::any_of(daemons.begin(), daemons.end(),
                       [](const auto& d) { return !is_zombie(d.second); });
  };
  while (alive() && clock.now() < deadline) sleep_for(kProcessPollEvery);
  for (const auto& [name, pid] : daemons) {
    if (!is_zombie(pid)) ::kill(pid, SIGKILL);
  }
  while (alive()) sleep_for(kProcessPollEvery);
}

}  // namespace orch::orchctl
