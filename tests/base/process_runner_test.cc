// One contract for both forms of ProcessRunner.

#include "base/process_runner.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "base/process_tree.h"

namespace orch {
namespace {

using Kind = ProcessEvent::Kind;

/// A runner, and how time passes for it.
class World {
 public:
  virtual ~World() = default;
  virtual ProcessRunner& runner() = 0;
  virtual void wait() = 0;

  /// Waits for the next event. Fails the test if none comes.
  ProcessEvent next() {
    for (int i = 0; i < 3000 && pending_.empty(); ++i) {
      for (ProcessEvent& event : runner().poll()) pending_.push_back(std::move(event));
      if (pending_.empty()) wait();
    }
    if (pending_.empty()) {
      ADD_FAILURE() << "no event";
      return {};
    }
    ProcessEvent event = pending_.front();
    pending_.erase(pending_.begin());
    return event;
  }
  bool quiet() {
    for (ProcessEvent& event : runner().poll()) pending_.push_back(std::move(event));
    return pending_.empty();
  }

 private:
  std::vector<ProcessEvent> pending_;
};

class RealWorld final : public World {
 public:
  RealWorld() {
    auto opened = HostProcessRunner::open({ORCH_TEST_HOST}, {});
    EXPECT_TRUE(opened.ok());
    runner_ = std::move(opened).value();
  }
  HostProcessRunner& runner() override { return *runner_; }
  void wait() override {
    pollfd one{runner_->descriptor(), POLLIN, 0};
    ::poll(&one, 1, 10);
  }

 private:
  std::unique_ptr<HostProcessRunner> runner_;
};

class SimulatedWorld final : public World {
 public:
  SimulatedWorld()
      : runner_(clock_, [](const SpawnRequest& request) {
          const std::string& what = request.argv.back();
          SimulatedProgram program;
          program.starts = request.argv[0] != "/nowhere/program";
          if (what == "exit 3") program.code = 3;
          if (what.find("read") != std::string::npos) program.runs_for = Duration(-1);
          if (what.find("trap") != std::string::npos) program.heeds_term = false;
          return program;
        }) {}
  ProcessRunner& runner() override { return runner_; }
  void wait() override { clock_.advance(std::chrono::milliseconds(10)); }

 private:
  SimulatedClock clock_;
  SimulatedProcessRunner runner_;
};

enum class Form { kReal, kSimulated };

class ProcessRunnerContract : public testing::TestWithParam<Form> {
 protected:
  ProcessRunnerContract() {
    if (GetParam() == Form::kReal) {
      world_ = std::make_unique<RealWorld>();
    } else {
      world_ = std::make_unique<SimulatedWorld>();
    }
  }
  /// A shell that runs `script`; "read" waits for ever on the channel, whose other end the test
  /// has.
  SpawnRequest shell(std::uint64_t id, const std::string& script) {
    SpawnRequest request;
    request.id = id;
    request.argv = {"/bin/sh", "-c", script};
    request.environment = {"PATH=/usr/bin:/bin"};
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    request.channel = FileDescriptor(ends[0]);
    held_.emplace_back(ends[1]);
    return request;
  }
  /// Starts it and sees it started.
  void start(std::uint64_t id, const std::string& script) {
    ASSERT_TRUE(world_->runner().spawn(shell(id, script)).ok());
    const ProcessEvent started = world_->next();
    ASSERT_EQ(started.kind, Kind::kStarted);
    ASSERT_EQ(started.id, id);
    ASSERT_GT(started.pid, 0);
  }

  std::unique_ptr<World> world_;
  std::vector<FileDescriptor> held_;
};

TEST_P(ProcessRunnerContract, ReportsStartAndExitCode) {
  start(7, "exit 3");
  const ProcessEvent ended = world_->next();
  EXPECT_EQ(ended.kind, Kind::kExited);
  EXPECT_EQ(ended.id, 7U);
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.signal, 0);
  EXPECT_TRUE(world_->quiet());
}

TEST_P(ProcessRunnerContract, TermEndsWhatHeedsIt) {
  start(1, "read line <&3");
  world_->runner().signal(1, SIGTERM);
  const ProcessEvent ended = world_->next();
  EXPECT_EQ(ended.kind, Kind::kExited);
  EXPECT_EQ(ended.signal, SIGTERM);
}

TEST_P(ProcessRunnerContract, KillEndsWhatIgnoresTerm) {
  start(1, "trap '' TERM; while :; do read line <&3; done");
  world_->runner().signal(1, SIGTERM);
  world_->runner().signal(1, SIGKILL);
  const ProcessEvent ended = world_->next();
  EXPECT_EQ(ended.kind, Kind::kExited);
  EXPECT_TRUE(ended.signal == SIGKILL || GetParam() == Form::kReal);  // before the trap: SIGTERM
  EXPECT_NE(ended.signal, 0);
}

TEST_P(ProcessRunnerContract, AProgramThatIsNotThereFails) {
  SpawnRequest request = shell(5, "");
  request.argv = {"/nowhere/program"};
  ASSERT_TRUE(world_->runner().spawn(std::move(request)).ok());
  ProcessEvent event = world_->next();
  if (event.kind == Kind::kStarted) event = world_->next();
  EXPECT_EQ(event.kind, Kind::kFailed);
  EXPECT_EQ(event.id, 5U);
  EXPECT_NE(event.message.find("/nowhere/program"), std::string::npos) << event.message;
  EXPECT_TRUE(world_->quiet());
}

TEST_P(ProcessRunnerContract, AnIdIsTakenUntilItsProcessIsGone) {
  start(1, "read line <&3");
  EXPECT_EQ(world_->runner().spawn(shell(1, "exit 0")).error().code, Code::kConflict);
  world_->runner().signal(1, SIGKILL);
  EXPECT_EQ(world_->next().kind, Kind::kExited);
  start(1, "exit 0");
  EXPECT_EQ(world_->next().code, 0);
}

TEST_P(ProcessRunnerContract, SignalsToUnknownProcessesAreIgnored) {
  world_->runner().signal(99, SIGKILL);
  EXPECT_TRUE(world_->quiet());
}

TEST_P(ProcessRunnerContract, ManyAtOnceEndEachWithItsOwnCode) {
  for (std::uint64_t id = 1; id <= 20; ++id) {
    ASSERT_TRUE(world_->runner().spawn(shell(id, "exit 3")).ok());
  }
  std::vector<int> ends(21, 0);
  for (int i = 0; i < 40; ++i) {
    const ProcessEvent event = world_->next();
    if (event.kind == Kind::kExited && event.code == 3) ++ends[event.id];
  }
  for (std::uint64_t id = 1; id <= 20; ++id) EXPECT_EQ(ends[id], 1) << id;
}

INSTANTIATE_TEST_SUITE_P(Forms, ProcessRunnerContract,
                         testing::Values(Form::kReal, Form::kSimulated), [](const auto& info) {
                           return info.param == Form::kReal ? "Real" : "Simulated";
                         });

}  // namespace
}  // namespace orch
