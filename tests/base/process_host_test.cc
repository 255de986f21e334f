// The process host with real processes: what it passes on, and that nothing outlives anything.

#include "base/process_host.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/process_runner.h"
#include "base/process_tree.h"
#include "base/random.h"

namespace orch {
namespace {

using Kind = ProcessEvent::Kind;

/// Host, keeper, shell, daemonised sleep, sleep.
constexpr std::size_t kAllStarted = 5;

class ProcessHost : public testing::Test {
 protected:
  ProcessHost() : mark_(random_hex(8)) { open(); }

  void open() {
    auto opened = HostProcessRunner::open({ORCH_TEST_HOST}, {"ORCH_TEST_MARK=" + mark_});
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    runner_ = std::move(opened).value();
  }
  SpawnRequest shell(const std::string& script) {
    SpawnRequest request;
    request.id = 1;
    request.argv = {"sh", "-c", script};
    request.environment = {"PATH=/usr/bin:/bin", "ORCH_TEST_MARK=" + mark_};
    const std::string log = folder_.path() + "/log";
    request.log = FileDescriptor(::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600));
    return request;
  }
  ProcessEvent next() {
    for (int i = 0; i < 3000; ++i) {
      for (ProcessEvent& event : runner_->poll()) events_.push_back(std::move(event));
      if (!events_.empty()) break;
      pollfd one{runner_->descriptor(), POLLIN, 0};
      ::poll(&one, 1, 10);
    }
    if (events_.empty()) {
      ADD_FAILURE() << "no event";
      return {};
    }
    ProcessEvent event = events_.front();
    events_.erase(events_.begin());
    return event;
  }
  std::string log() { return read_file(folder_.path() + "/log").value(); }
  /// Processes of this test that are alive, this one and zombies left out.
  std::vector<pid_t> marked() {
    std::vector<pid_t> found;
    for (const ProcessEntry& entry : list_processes()) {
      if (environment_of(entry.pid, "ORCH_TEST_MARK") == mark_) found.push_back(entry.pid);
    }
    return found;
  }
  /// Waits until `count` marked processes exist.
  bool wait_for_marked(std::size_t count) {
    for (int i = 0; i < 2000; ++i) {
      if (marked().size() == count) return true;
      ::poll(nullptr, 0, 5);
    }
    return false;
  }

  const std::string mark_;
  TemporaryDirectory folder_{"orch-host-test"};
  std::unique_ptr<HostProcessRunner> runner_;
  std::vector<ProcessEvent> events_;
};

TEST_F(ProcessHost, GivesEnvironmentDirectoryAndLog) {
  SpawnRequest request = shell("echo $WORD; pwd; cat; env | grep -c ORCH_TEST_MARK; echo e >&2");
  request.environment.push_back("WORD=hello");
  request.directory = folder_.path();
  ASSERT_TRUE(runner_->spawn(std::move(request)).ok());
  EXPECT_EQ(next().kind, Kind::kStarted);
  EXPECT_EQ(next().kind, Kind::kExited);
  EXPECT_EQ(log(), "hello\n" + folder_.path() + "\n1\ne\n");
}

TEST_F(ProcessHost, LeavesOnlyTheChannelOpen) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const FileDescriptor mine(ends[0]);
  SpawnRequest request = shell(
      "for i in 0 1 2 3 4 5 6 7 8 9 10 16 17 18 19 20; do "
      "[ -e /proc/$$/fd/$i ] && echo -n \"$i \"; done; echo hello >&3");
  request.channel = FileDescriptor(ends[1]);
  ASSERT_TRUE(runner_->spawn(std::move(request)).ok());
  next();
  EXPECT_EQ(next().kind, Kind::kExited);
  EXPECT_EQ(log(), "0 1 2 3 ");
  char text[16] = {};
  EXPECT_EQ(::read(mine.get(), text, sizeof(text)), 6);
  EXPECT_EQ(::read(mine.get(), text, sizeof(text)), 0) << "somebody still holds the channel";
}

TEST_F(ProcessHost, RunsInASessionOfItsOwn) {
  ASSERT_TRUE(runner_->spawn(shell("cut -d' ' -f1,6 /proc/self/stat; echo $$")).ok());
  const std::int64_t pid = next().pid;
  next();
  EXPECT_NE(log().find(" " + std::to_string(pid) + "\n"), std::string::npos) << log();
}

TEST_F(ProcessHost, PassesLongArguments) {
  SpawnRequest request = shell("echo ${#0}");
  request.argv.push_back(std::string(100'000, 'x'));
  ASSERT_TRUE(runner_->spawn(std::move(request)).ok());
  next();
  EXPECT_EQ(next().code, 0);
  EXPECT_EQ(log(), "100000\n");
}

TEST_F(ProcessHost, SaysWhyAFolderCannotBeEntered) {
  SpawnRequest request = shell("true");
  request.directory = "/nowhere/at/all";
  ASSERT_TRUE(runner_->spawn(std::move(request)).ok());
  ProcessEvent event = next();
  if (event.kind == Kind::kStarted) event = next();
  EXPECT_EQ(event.kind, Kind::kFailed);
  EXPECT_NE(event.message.find("/nowhere/at/all"), std::string::npos) << event.message;
}

TEST_F(ProcessHost, ForksItself) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const FileDescriptor mine(ends[0]);
  SpawnRequest request;
  request.id = 1;
  request.environment = {"ORCH_WORD=forked"};
  request.channel = FileDescriptor(ends[1]);
  ASSERT_TRUE(runner_->spawn(std::move(request)).ok());
  const ProcessEvent started = next();
  char text[64] = {};
  ASSERT_GT(::read(mine.get(), text, sizeof(text) - 1), 0);
  EXPECT_EQ(std::string(text), std::to_string(started.pid) + " forked");
  ASSERT_EQ(::write(mine.get(), "42", 2), 2);
  EXPECT_EQ(next().code, 42);
}

TEST_F(ProcessHost, KillsWhatARankLeavesBehind) {
  // A background child, a child in a new session, and a double fork that lost its parent.
  ASSERT_TRUE(runner_
                  ->spawn(shell("sleep 1000 & setsid sleep 1001 & "
                                "(setsid sh -c 'sleep 1002 & sleep 1003') & "
                                "sh -c 'setsid sleep 1004 & exit 0'; exit 5"))
                  .ok());
  next();
  const ProcessEvent ended = next();
  EXPECT_EQ(ended.kind, Kind::kExited);
  EXPECT_EQ(ended.code, 5);
  EXPECT_EQ(marked().size(), 1U) << "only the host is left at the moment of the report";
}

TEST_F(ProcessHost, KillEndsDaemonisedChildrenToo) {
  ASSERT_TRUE(
      runner_->spawn(shell("setsid sh -c 'setsid sleep 1000 & exit 0'; sleep 1001; true")).ok());
  next();
  ASSERT_TRUE(wait_for_marked(kAllStarted));
  runner_->signal(1, SIGKILL);
  EXPECT_EQ(next().signal, SIGKILL);
  EXPECT_EQ(marked().size(), 1U);
}

TEST_F(ProcessHost, EverythingDiesWhenTheHostIsKilled) {
  ASSERT_TRUE(runner_->spawn(shell("setsid sh -c 'sleep 1000 & exit 0'; sleep 1001; true")).ok());
  next();
  ASSERT_TRUE(wait_for_marked(kAllStarted));
  ::kill(static_cast<pid_t>(runner_->host_pid()), SIGKILL);
  const ProcessEvent ended = next();
  EXPECT_EQ(ended.kind, Kind::kExited);
  EXPECT_EQ(ended.signal, SIGKILL);
  EXPECT_TRUE(ended.host_lost);
  EXPECT_TRUE(marked().empty());
  // The next spawn executes a new host.
  ASSERT_TRUE(runner_->spawn(shell("exit 4")).ok());
  EXPECT_EQ(next().kind, Kind::kStarted);
  EXPECT_EQ(next().code, 4);
}

TEST_F(ProcessHost, ARankDiesWithItsKeeperAndStraysAreKilled) {
  ASSERT_TRUE(runner_->spawn(shell("setsid sh -c 'sleep 1000 & exit 0'; sleep 1001; true")).ok());
  const auto rank = static_cast<pid_t>(next().pid);
  ASSERT_TRUE(wait_for_marked(kAllStarted));
  for (const ProcessEntry& entry : list_processes()) {
    if (entry.pid == rank) ::kill(entry.parent, SIGKILL);
  }
  EXPECT_EQ(next().signal, SIGKILL);
  EXPECT_EQ(marked().size(), 1U);
}

TEST_F(ProcessHost, AdoptedChildrenAreKilledAfterHostAndKeeperDiedTogether) {
  ASSERT_TRUE(runner_->spawn(shell("setsid sh -c 'sleep 1000 & exit 0'; sleep 1001; true")).ok());
  const auto rank = static_cast<pid_t>(next().pid);
  ASSERT_TRUE(wait_for_marked(kAllStarted));
  pid_t keeper = 0;
  for (const ProcessEntry& entry : list_processes()) {
    if (entry.pid == rank) keeper = entry.parent;
  }
  ::kill(static_cast<pid_t>(runner_->host_pid()), SIGSTOP);
  ::kill(keeper, SIGKILL);
  ::kill(static_cast<pid_t>(runner_->host_pid()), SIGKILL);
  EXPECT_TRUE(next().host_lost);
  kill_adopted_children({});
  EXPECT_TRUE(marked().empty());
}

TEST_F(ProcessHost, EverythingDiesWhenTheOwnerIsKilled) {
  runner_.reset();
  const pid_t owner = ::fork();
  if (owner == 0) {  // a process that starts ranks and is killed
    open();
    if (!runner_->spawn(shell("setsid sh -c 'sleep 1000 & exit 0'; sleep 1001; true")).ok()) {
      ::_exit(1);
    }
    for (;;) ::pause();
  }
  EXPECT_TRUE(wait_for_marked(kAllStarted));
  ::kill(owner, SIGKILL);
  ::waitpid(owner, nullptr, 0);
  EXPECT_TRUE(wait_for_marked(0));
}

TEST_F(ProcessHost, ClosingTheRunnerWaitsForTheEndOfAll) {
  ASSERT_TRUE(runner_->spawn(shell("trap '' TERM; sleep 1000; true")).ok());
  next();
  runner_.reset();
  EXPECT_TRUE(marked().empty());
}

}  // namespace
}  // namespace orch
