#include "base/process_keeper.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/process_tree.h"

namespace orch {
namespace {

using process_wire::Report;
using process_wire::ReportKind;
using process_wire::Stage;

constexpr int kChannelFd = 3;
constexpr int kStatusFd = 4;  ///< in the rank, until it executes its program

void report(int fd, Report message) {
  if (::write(fd, &message, sizeof(message)) != sizeof(message)) {
    // The host is gone; SIGTERM is on its way.
  }
}

void report_exit(int fd, int status) {
  Report message;
  message.kind = ReportKind::kExited;
  message.status = status;
  report(fd, message);
}

[[noreturn]] void give_up(Stage stage, int error_number) {
  Report message;
  message.kind = ReportKind::kFailed;
  message.stage = stage;
  message.status = error_number;
  report(kStatusFd, message);
  ::_exit(127);
}

/// Moves the descriptors to their places (0 to 4) and closes all others. They are first lifted
/// above the places, so that none is overwritten.
void place_descriptors(const KeeperStart& start) {
  constexpr int kAbove = 16;
  const int status = ::fcntl(start.status, F_DUPFD, kAbove);
  const int channel = start.channel >= 0 ? ::fcntl(start.channel, F_DUPFD, kAbove) : -1;
  const int log = start.log >= 0 ? ::fcntl(start.log, F_DUPFD, kAbove) : -1;
  ::dup2(status, kStatusFd);
  ::fcntl(kStatusFd, F_SETFD, FD_CLOEXEC);
  const int null = ::open("/dev/null", O_RDONLY);
  if (null < 0 || ::dup2(null, 0) < 0) give_up(Stage::kDescriptors, errno);
  if (log >= 0 && (::dup2(log, 1) < 0 || ::dup2(log, 2) < 0)) {
    give_up(Stage::kDescriptors, errno);
  }
  if (channel >= 0) {
    if (::dup2(channel, kChannelFd) < 0) give_up(Stage::kDescriptors, errno);
  } else {
    ::close(kChannelFd);
  }
  ::close_range(kStatusFd + 1, ~0U, 0);
}

/// Closes all descriptors but these and the standard ones: a keeper that held the host's control
/// socket would hide the host's death.
void keep_only(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned int next = 3;
  for (const int fd : kept) {
    if (fd < 3) continue;
    const auto number = static_cast<unsigned int>(fd);
    if (number > next) ::close_range(next, number - 1, 0);
    next = number + 1;
  }
  ::close_range(next, ~0U, 0);
}

/// The kernel shall take a rank before a daemon when memory runs out.
void be_the_first_to_go() {
  const FileDescriptor fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), "500", 3) != 3) return;
}

void join_cgroup(const std::string& procs) {
  if (procs.empty()) return;
  const FileDescriptor fd(::open(procs.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd || ::write(fd.get(), "0", 1) != 1) give_up(Stage::kCgroup, errno);
}

void default_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void run_rank(const KeeperStart& start, pid_t keeper) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != keeper) ::_exit(127);
  place_descriptors(start);
  be_the_first_to_go();
  const process_wire::Program& program = *start.program;
  join_cgroup(program.cgroup_procs);
  if (!program.directory.empty() && ::chdir(program.directory.c_str()) != 0) {
    give_up(Stage::kDirectory, errno);
  }
  if (!program.argv.empty()) ::clearenv();
  for (const std::string& line : program.environment) ::putenv(const_cast<char*>(line.c_str()));
  default_signals();
  if (program.argv.empty()) {
    ::close(kStatusFd);
    const int code = (*start.fork_main)();
    std::fflush(nullptr);
    ::_exit(code);  // no destructors of what the host had loaded
  }
  std::vector<char*> argv;
  for (const std::string& word : program.argv) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  give_up(Stage::kExec, errno);
}

/// To the rank's group; before it has one, to the rank.
void pass_on(pid_t rank, int signal) {
  if (::kill(-rank, signal) != 0) ::kill(rank, signal);
}

/// Reaps what has ended; true, with its status, if the rank is among them.
bool rank_ended(pid_t rank, int& status) {
  bool ended = false;
  for (;;) {
    int one = 0;
    const pid_t pid = ::waitpid(-1, &one, WNOHANG | __WALL);
    if (pid <= 0) return ended;
    if (pid != rank) continue;
    ended = true;
    status = one;
  }
}

}  // namespace

int keeper_signal() { return SIGRTMIN; }

void run_keeper(const KeeperStart& start) {
  const pid_t self = ::getpid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != start.host) ::_exit(1);
  keep_only({start.status, start.channel, start.log});
  sigset_t heard;
  sigemptyset(&heard);
  for (const int signal : {SIGCHLD, SIGTERM, keeper_signal()}) sigaddset(&heard, signal);
  const FileDescriptor signals(::signalfd(-1, &heard, SFD_CLOEXEC));
  const pid_t rank = ::fork();
  if (rank == 0) run_rank(start, self);
  Report message;
  if (rank < 0) {
    message.kind = ReportKind::kFailed;
    message.status = errno;
    report(start.status, message);
    report_exit(start.status, 0);
    ::_exit(1);
  }
  message.pid = rank;
  report(start.status, message);
  if (start.channel >= 0) ::close(start.channel);
  if (start.log >= 0) ::close(start.log);
  int status = SIGKILL;
  for (;;) {
    signalfd_siginfo info;
    if (::read(signals.get(), &info, sizeof(info)) != sizeof(info)) continue;
    if (static_cast<int>(info.ssi_signo) == keeper_signal()) pass_on(rank, info.ssi_int);
    if (rank_ended(rank, status)) break;
    if (info.ssi_signo == SIGTERM) {
      kill_tree(rank);
      break;
    }
  }
  // After SIGTERM the rank is still to be reaped: by kill_all_descendants(), as killed by SIGKILL.
  kill_all_descendants();
  report_exit(start.status, status);
  ::_exit(0);
}

}  // namespace orch
