#include "base/process_host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <deque>
#include <map>

#include "base/process_keeper.h"
#include "base/process_tree.h"
#include "base/process_wire.h"

namespace orch {
namespace {

using process_wire::Program;
using process_wire::Received;
using process_wire::Report;
using process_wire::ReportKind;
using process_wire::Request;
using process_wire::RequestKind;
using process_wire::Stage;

/// A keeper and what it said so far.
struct Kept {
  pid_t keeper = 0;
  FileDescriptor status;  ///< reports of the keeper; end of file: it is gone
  bool failed = false;
  Report failure;
};

class Host {
 public:
  Host(int control_fd, const ForkMain& fork_main) : control_(control_fd), fork_main_(fork_main) {}
  int run();

 private:
  void take_requests();
  void spawn(const Request& request, std::vector<FileDescriptor> descriptors);
  void fail(std::uint64_t id, Stage stage, int error_number);
  void signal(const Request& request);
  /// False: the keeper is gone.
  bool take_status(std::uint64_t id, Kept& kept);
  void bury(std::uint64_t id, const Kept& kept);
  void kill_strays();
  void flush();

  FileDescriptor control_;
  const ForkMain& fork_main_;
  FileDescriptor signals_;
  std::map<std::uint64_t, Kept> kept_;
  std::deque<Report> reports_;
  bool closing_ = false;
};

int Host::run() {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::setsid();
  ::signal(SIGCHLD, SIG_DFL);
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  sigset_t heard;
  sigemptyset(&heard);
  sigaddset(&heard, SIGCHLD);
  sigaddset(&heard, SIGTERM);
  signals_ = FileDescriptor(::signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK));
  ::fcntl(control_.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(control_.get(), F_SETFL, O_NONBLOCK);
  while (!closing_) {
    const short wanted = reports_.empty() ? POLLIN : POLLIN | POLLOUT;
    std::vector<pollfd> waits = {{control_.get(), wanted, 0}, {signals_.get(), POLLIN, 0}};
    std::vector<std::uint64_t> ids;
    for (const auto& [id, kept] : kept_) {
      waits.push_back({kept.status.get(), POLLIN, 0});
      ids.push_back(id);
    }
    ::poll(waits.data(), waits.size(), -1);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto found = kept_.find(ids[i]);
      if (waits[i + 2].revents == 0 || take_status(ids[i], found->second)) continue;
      const Kept kept = std::move(found->second);
      kept_.erase(found);
      bury(ids[i], kept);
    }
    signalfd_siginfo info;
    while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
      if (info.ssi_signo == SIGTERM) closing_ = true;
    }
    take_requests();
    flush();
  }
  for (const auto& [id, kept] : kept_) ::kill(kept.keeper, SIGTERM);
  kill_all_descendants();
  return 0;
}

void Host::take_requests() {
  for (;;) {
    Request request;
    std::vector<FileDescriptor> descriptors;
    const Received received =
        process_wire::receive_message(control_.get(), &request, sizeof(request), descriptors);
    if (received == Received::kNothing) return;
    if (received == Received::kClosed) {
      closing_ = true;
      return;
    }
    if (request.kind == RequestKind::kSpawn) {
      spawn(request, std::move(descriptors));
    } else {
      signal(request);
    }
  }
}

void Host::fail(std::uint64_t id, Stage stage, int error_number) {
  Report report;
  report.kind = ReportKind::kFailed;
  report.id = id;
  report.stage = stage;
  report.status = error_number;
  reports_.push_back(report);
}

void Host::spawn(const Request& request, std::vector<FileDescriptor> descriptors) {
  const std::size_t expected = 1U + request.has_channel + request.has_log;
  if (descriptors.size() != expected) return fail(request.id, Stage::kDescriptors, EBADF);
  Result<Program> program = process_wire::from_memfd(descriptors[0].get());
  if (!program.ok()) return fail(request.id, Stage::kDescriptors, EINVAL);
  if (program->argv.empty() && !fork_main_) return fail(request.id, Stage::kNoFork, ENOTSUP);
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(request.id, Stage::kFork, errno);
  Kept kept;
  kept.status = FileDescriptor(ends[0]);
  FileDescriptor writer(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  KeeperStart start;
  start.program = &*program;
  start.fork_main = &fork_main_;
  start.host = ::getpid();
  start.status = writer.get();
  start.channel = request.has_channel ? descriptors[1].get() : -1;
  start.log = request.has_log ? descriptors.back().get() : -1;
  kept.keeper = ::fork();
  if (kept.keeper == 0) run_keeper(start);
  if (kept.keeper < 0) return fail(request.id, Stage::kFork, errno);
  kept_.emplace(request.id, std::move(kept));
}

void Host::signal(const Request& request) {
  const auto found = kept_.find(request.id);
  if (found == kept_.end()) return;
  if (request.signal == SIGKILL) {
    ::kill(found->second.keeper, SIGTERM);  // a keeper's SIGTERM: kill everything
    return;
  }
  sigval value{};
  value.sival_int = request.signal;
  ::sigqueue(found->second.keeper, keeper_signal(), value);
}

bool Host::take_status(std::uint64_t id, Kept& kept) {
  for (;;) {
    Report report;
    const ssize_t n = ::read(kept.status.get(), &report, sizeof(report));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n != sizeof(report)) return false;
    report.id = id;
    report.keeper = kept.keeper;
    if (report.kind == ReportKind::kFailed) {
      kept.failed = true;
      kept.failure = report;
    } else if (report.kind == ReportKind::kExited && kept.failed) {
      reports_.push_back(kept.failure);
      ::waitpid(kept.keeper, nullptr, 0);
      kept_.erase(id);
      return true;
    } else {
      reports_.push_back(report);
      if (report.kind != ReportKind::kExited) continue;
      ::waitpid(kept.keeper, nullptr, 0);
      kept_.erase(id);
      return true;
    }
  }
}

/// A keeper that ended without a report was killed; its rank died with it, and what the rank had
/// started is ours now.
void Host::bury(std::uint64_t id, const Kept& kept) {
  ::waitpid(kept.keeper, nullptr, 0);
  kill_strays();
  Report report;
  report.kind = ReportKind::kExited;
  report.id = id;
  report.status = SIGKILL;
  reports_.push_back(report);
}

void Host::kill_strays() {
  std::vector<pid_t> keepers;
  for (const auto& [id, kept] : kept_) keepers.push_back(kept.keeper);
  kill_adopted_children(keepers);
}

void Host::flush() {
  while (!reports_.empty()) {
    if (!process_wire::send_message(control_.get(), &reports_.front(), sizeof(Report), {}).ok()) {
      return;  // full: poll() waits for room; gone: the next receive says so
    }
    reports_.pop_front();
  }
}

}  // namespace

int run_process_host(int control_fd, const ForkMain& fork_main) {
  return Host(control_fd, fork_main).run();
}

}  // namespace orch
