#include "tests/e2e/cluster.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace orch::e2e {
namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (const int fd : ends) {
      if (fd >= 0) ::close(fd);
    }
  }
  void close_writer() {
    ::close(ends[1]);
    ends[1] = -1;
  }
};

std::string program_path(const std::string& program) {
  return program.starts_with("/") ? program : std::string(ORCH_BIN_DIR) + "/" + program;
}

/// Reads both pipes until the child has closed them or the deadline is over.
void drain(Pipe& out, Pipe& err, Outcome& outcome, TimePoint deadline) {
  SystemClock clock;
  std::array<pollfd, 2> waiting{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> texts{&outcome.out, &outcome.err};
  char buffer[1 << 16];
  while ((waiting[0].fd >= 0 || waiting[1].fd >= 0) && clock.now() < deadline) {
    if (::poll(waiting.data(), waiting.size(), 100) <= 0) continue;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      const ssize_t n = ::read(waiting[i].fd, buffer, sizeof(buffer));
      if (n > 0) {
        texts[i]->append(buffer, static_cast<std::size_t>(n));
      } else {
        waiting[i].fd = -1;
      }
    }
  }
}

}  // namespace

Outcome run_program(const std::vector<std::string>& words, Duration limit) {
  std::vector<std::string> copy = words;
  copy[0] = program_path(words[0]);
  std::vector<char*> argv;
  for (std::string& word : copy) argv.push_back(word.data());
  argv.push_back(nullptr);
  Pipe out, err;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out.ends[1], STDOUT_FILENO);
    ::dup2(err.ends[1], STDERR_FILENO);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  out.close_writer();
  err.close_writer();
  Outcome outcome;
  SystemClock clock;
  const TimePoint deadline = clock.now() + limit;
  drain(out, err, outcome, deadline);
  int status = 0;
  if (clock.now() >= deadline) {
    ADD_FAILURE() << words[0] << " " << (words.size() > 1 ? words[1] : "") << " did not end within "
                  << human_duration(limit) << "\n"
                  << outcome.err;
    ::kill(child, SIGKILL);
  }
  ::waitpid(child, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

bool alive(int pid) {
  auto stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat.ok()) return false;
  const std::size_t name_end = stat->rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat->size() &&
         (*stat)[name_end + 2] != 'Z';
}

std::vector<int> processes_of(const std::string& home) {
  std::vector<int> pids;
  auto names = list_directory("/proc");
  if (!names.ok()) return pids;
  const std::string wanted = "ORCH_HOME=" + home;
  for (const std::string& name : *names) {
    const int pid = std::atoi(name.c_str());
    if (pid <= 0 || !alive(pid)) continue;
    auto variables = read_file("/proc/" + name + "/environ", 1 << 20);
    if (!variables.ok()) continue;
    const std::size_t at = variables->find(wanted);
    if (at != std::string::npos && (*variables)[at + wanted.size()] == '\0') pids.push_back(pid);
  }
  return pids;
}

Cluster::Cluster(int workers, int slots)
    : home_(folder_.path() + "/home"), workers_(workers), slots_(slots) {
  up();
}

Cluster::~Cluster() { ctl({"down", "-q"}); }

void Cluster::up() const {
  const Outcome outcome = ctl({"up", "--detach", "-q", "--workers", std::to_string(workers_),
                               "--slots", std::to_string(slots_)});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
}

Outcome Cluster::ctl(std::vector<std::string> words) const {
  words.insert(words.begin(), {"orchctl", "--home", home_});
  return run_program(words);
}

nlohmann::json Cluster::json(std::vector<std::string> words) const {
  words.insert(words.end(), {"-o", "json"});
  const Outcome outcome = ctl(words);
  EXPECT_EQ(outcome.code, 0) << words[0] << ": " << outcome.err;
  auto value = nlohmann::json::parse(outcome.out, nullptr, false);
  EXPECT_FALSE(value.is_discarded()) << outcome.out;
  return value;
}

std::string Cluster::write_spec(const std::string& yaml) const {
  static int count = 0;
  const std::string path = folder() + "/spec-" + std::to_string(++count) + ".yaml";
  EXPECT_TRUE(write_file_atomic(path, yaml).ok());
  return path;
}

std::string Cluster::submit(const std::string& yaml, std::vector<std::string> more) const {
  std::vector<std::string> words{"submit", write_spec(yaml)};
  words.insert(words.end(), more.begin(), more.end());
  const nlohmann::json reply = json(words);
  return reply.contains("job") ? std::to_string(reply["job"].get<std::uint64_t>()) : "";
}

int Cluster::wait(const std::string& job) const { return ctl({"wait", job, "-q"}).code; }

nlohmann::json Cluster::task(const std::string& job, const std::string& name) const {
  const nlohmann::json list = json({"get", "tasks", job});
  for (const auto& task : list["tasks"]) {
    if (task["task"] == name) return task;
  }
  ADD_FAILURE() << "job " << job << " has no task " << name;
  return nlohmann::json::object();
}

std::vector<nlohmann::json> Cluster::attempts(const std::string& job_task) const {
  return json({"get", "attempts", job_task})["attempts"].get<std::vector<nlohmann::json>>();
}

int Cluster::pid(const std::string& daemon) const {
  auto text = read_file(home_ + "/run/" + daemon + ".pid");
  return text.ok() ? std::atoi(text->c_str()) : 0;
}

void Cluster::kill(const std::string& daemon) const {
  const int victim = pid(daemon);
  ASSERT_GT(victim, 1) << daemon;
  ASSERT_EQ(::kill(victim, SIGKILL), 0) << daemon;
  ASSERT_TRUE(eventually([&] { return !alive(victim); }));
}

std::vector<int> Cluster::rank_pids(const std::string& job_task) const {
  std::vector<int> pids;
  const auto all = attempts(job_task);
  if (all.empty()) return pids;
  const auto newest = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return a["attempt"] < b["attempt"];
  });
  if ((*newest)["state"] != "running") return pids;
  for (const auto& rank : (*newest)["ranks"]) {
    const int pid = rank["pid"].get<int>();
    if (pid <= 0) return {};
    pids.push_back(pid);
  }
  return pids;
}

}  // namespace orch::e2e
