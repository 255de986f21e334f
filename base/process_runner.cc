#include "base/process_runner.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/process_host.h"
#include "base/process_tree.h"
#include "base/process_wire.h"

extern char** environ;  // NOLINT: POSIX

namespace orch {
namespace {

using process_wire::Received;
using process_wire::Report;
using process_wire::ReportKind;
using process_wire::Request;
using process_wire::Stage;

ProcessEvent exited(std::uint64_t id, int wait_status) {
  ProcessEvent event;
  event.kind = ProcessEvent::Kind::kExited;
  event.id = id;
  if (WIFSIGNALED(wait_status)) {
    event.signal = WTERMSIG(wait_status);
  } else {
    event.code = WEXITSTATUS(wait_status);
  }
  return event;
}

std::string failure_text(Stage stage, int error_number, const std::string& program,
                         const std::string& directory) {
  const std::string cause = std::string(": ") + std::strerror(error_number);
  switch (stage) {
    case Stage::kFork:
      return "cannot fork" + cause;
    case Stage::kDescriptors:
      return "cannot pass its descriptors" + cause;
    case Stage::kDirectory:
      return "cannot enter " + directory + cause;
    case Stage::kCgroup:
      return "cannot join its cgroup" + cause;
    case Stage::kExec:
      return "cannot execute " + program + cause;
    case Stage::kNoFork:
      return "this host only executes programs";
  }
  return "cannot start" + cause;
}

bool is_gone(std::int64_t pid) {
  const auto number = static_cast<pid_t>(pid);
  const pid_t reaped = ::waitpid(number, nullptr, WNOHANG);
  if (reaped == number) return true;
  return reaped < 0 && errno == ECHILD && ::kill(number, 0) != 0 && errno == ESRCH;
}

}  // namespace

Result<std::unique_ptr<HostProcessRunner>> HostProcessRunner::open(
    std::vector<std::string> host_argv, std::vector<std::string> environment) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::unique_ptr<HostProcessRunner> runner(new HostProcessRunner());
  runner->host_argv_ = std::move(host_argv);
  runner->environment_ = std::move(environment);
  ORCH_TRY(runner->start_host());
  return runner;
}

HostProcessRunner::~HostProcessRunner() {
  control_.reset();
  if (host_pid_ > 0) ::waitpid(static_cast<pid_t>(host_pid_), nullptr, 0);
}

Result<void> HostProcessRunner::start_host() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return system_error("cannot make a socket pair", errno);
  }
  FileDescriptor mine(ends[0]);
  const FileDescriptor theirs(ends[1]);
  std::vector<char*> argv, env;
  for (const std::string& word : host_argv_) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  for (const std::string& line : environment_) env.push_back(const_cast<char*>(line.c_str()));
  for (char** line = environ; *line != nullptr; ++line) env.push_back(*line);
  env.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), kHostControlFd);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return system_error("cannot execute " + host_argv_[0], failed);
  control_ = std::move(mine);
  host_pid_ = pid;
  return {};
}

Result<void> HostProcessRunner::spawn(SpawnRequest request) {
  if (processes_.count(request.id) != 0) {
    return conflict("process " + std::to_string(request.id) + " is still there");
  }
  if (!control_) ORCH_TRY(start_host());
  process_wire::Program program{std::move(request.argv), std::move(request.environment),
                                std::move(request.directory), std::move(request.cgroup_procs)};
  ORCH_ASSIGN(const FileDescriptor body, process_wire::to_memfd(program));
  Request wire;
  wire.id = request.id;
  std::vector<int> descriptors = {body.get()};
  if (request.channel) {
    wire.has_channel = 1;
    descriptors.push_back(request.channel.get());
  }
  if (request.log) {
    wire.has_log = 1;
    descriptors.push_back(request.log.get());
  }
  ORCH_TRY(process_wire::send_message(control_.get(), &wire, sizeof(wire), descriptors));
  Process process;
  process.program = program.argv.empty() ? "" : program.argv[0];
  process.directory = program.directory;
  processes_.emplace(request.id, std::move(process));
  return {};
}

void HostProcessRunner::signal(std::uint64_t id, int signal_number) {
  const auto found = processes_.find(id);
  if (found == processes_.end() || found->second.lost || !control_) return;
  Request wire;
  wire.kind = process_wire::RequestKind::kSignal;
  wire.id = id;
  wire.signal = signal_number;
  if (!process_wire::send_message(control_.get(), &wire, sizeof(wire), {}).ok()) {
    return;  // the host is gone, and with it the process: poll() reports it
  }
}

std::vector<ProcessEvent> HostProcessRunner::poll() {
  std::vector<ProcessEvent> events;
  if (control_) read_reports(events);
  reap_lost(events);
  return events;
}

void HostProcessRunner::read_reports(std::vector<ProcessEvent>& events) {
  for (;;) {
    Report report;
    std::vector<FileDescriptor> none;
    const Received received =
        process_wire::receive_message(control_.get(), &report, sizeof(report), none);
    if (received == Received::kNothing) return;
    if (received == Received::kClosed) return lose_host();
    const auto found = processes_.find(report.id);
    if (found == processes_.end()) continue;
    if (report.kind == ReportKind::kStarted) {
      found->second.pid = report.pid;
      found->second.keeper = report.keeper;
      ProcessEvent event;
      event.id = report.id;
      event.pid = report.pid;
      events.push_back(std::move(event));
      continue;
    }
    ProcessEvent event = exited(report.id, report.status);
    if (report.kind == ReportKind::kFailed) {
      event = {};
      event.kind = ProcessEvent::Kind::kFailed;
      event.id = report.id;
      event.message =
          failure_text(report.stage, report.status, found->second.program, found->second.directory);
    }
    event.pid = found->second.pid;
    processes_.erase(found);
    events.push_back(std::move(event));
  }
}

void HostProcessRunner::lose_host() {
  control_.reset();
  ::kill(static_cast<pid_t>(host_pid_), SIGKILL);
  ::waitpid(static_cast<pid_t>(host_pid_), nullptr, 0);
  host_pid_ = 0;
  for (auto& [id, process] : processes_) process.lost = true;
}

/// The keepers of a dead host kill their ranks and end; they are this process's children now.
void HostProcessRunner::reap_lost(std::vector<ProcessEvent>& events) {
  for (auto it = processes_.begin(); it != processes_.end();) {
    Process& process = it->second;
    if (!process.lost || (process.keeper != 0 && !is_gone(process.keeper))) {
      ++it;
      continue;
    }
    ProcessEvent event = exited(it->first, SIGKILL);
    event.pid = process.pid;
    event.host_lost = true;
    events.push_back(std::move(event));
    it = processes_.erase(it);
  }
}

}  // namespace orch
