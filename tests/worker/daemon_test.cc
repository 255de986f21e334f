// The daemon itself, with real processes and real kills, under a coordinator that the test plays.

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <deque>

#include "base/file.h"
#include "base/process_tree.h"
#include "protocol/client.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/transport_zmq.h"
#include "worker/leftovers.h"

namespace orch::worker {
namespace {

using protocol::CoordinatorMessage;
using protocol::WorkerMessage;
using std::chrono::milliseconds;
using std::chrono::seconds;

class WorkerDaemon : public testing::Test {
 protected:
  WorkerDaemon() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // what a kill leaves is reaped here
    EXPECT_TRUE(protocol::ensure_keys(home_).ok());
    listen("tcp://127.0.0.1:0");
  }
  ~WorkerDaemon() override {
    if (daemon_ > 0) ::kill(daemon_, SIGKILL);
    kill_all_descendants();
  }

  void listen(const std::string& address) {
    auto server = protocol::ZmqServer::open(address, *protocol::read_key_pair(home_, "coordinator"),
                                            *protocol::read_authorized_keys(home_));
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
    server_->on_message([this](protocol::Incoming incoming) {
      peer_ = incoming.peer;
      auto message = protocol::decode_worker_message(incoming.bytes);
      ASSERT_TRUE(message.ok()) << message.error().message;
      inbox_.push_back(std::move(*message));
    });
    ASSERT_TRUE(protocol::write_coordinator_address(home_, {server_->address(), ::getpid()}).ok());
  }
  void start() {
    const std::string program = ORCH_BIN_DIR "/orch-worker";
    std::vector<std::string> words = {program, "--home", home_, "--name", "w0", "--slots", "2"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ASSERT_EQ(::posix_spawn(&daemon_, program.c_str(), nullptr, nullptr, argv.data(), environ), 0);
  }
  void send(CoordinatorMessage message) {
    ASSERT_TRUE(server_->send(peer_, protocol::encode(message)).ok());
  }
  /// The next message of this kind that `accept` likes; others are dropped.
  template <typename T>
  T expect(const std::function<bool(const T&)>& accept = [](const T&) { return true; }) {
    const SystemClock clock;
    const TimePoint deadline = clock.now() + seconds(20);
    while (clock.now() < deadline) {
      while (!inbox_.empty()) {
        const WorkerMessage message = std::move(inbox_.front());
        inbox_.pop_front();
        if (const T* one = std::get_if<T>(&message); one != nullptr && accept(*one)) return *one;
      }
      protocol::poll_and_drain({server_.get()}, milliseconds(50));
    }
    ADD_FAILURE() << "the message did not come";
    return {};
  }
  protocol::Register register_worker() {
    const auto message = expect<protocol::Register>();
    send(protocol::RegisterReply{message.incarnation, {}});
    expect<protocol::Heartbeat>();
    hosts_ = alive();
    return message;
  }
  protocol::StartRanks order(const std::string& script, std::uint64_t attempt = 1) {
    protocol::StartRanks order;
    order.id = {{JobId{1}, "t"}, Attempt{attempt}};
    order.job_name = "j";
    order.spec =
        "version: 1\nname: j\ntasks:\n  t:\n    command: {argv: [sh, -c, '" + script + "']}\n";
    order.ranks = {0};
    order.gpus = {{}};
    order.ranks_total = 1;
    const std::string work = home_ + "/work/1/t/";
    order.out_directory = work + std::to_string(attempt) + "/out";
    order.checkpoint_directory = work + "checkpoint";
    return order;
  }
  /// Processes that this worker started, hosts and keepers too.
  std::size_t alive() { return find_leftovers(home_, "w0").size(); }
  bool wait_for(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      protocol::poll_and_drain({server_.get()}, milliseconds(5));
    }
    return false;
  }
  /// A rank that leaves daemons in other sessions, and waits.
  void run_forever() {
    send(order("setsid sh -c \"sleep 1000 & exit 0\"; sleep 1001; true"));
    expect<protocol::RankStarted>();
    ASSERT_TRUE(wait_for([&] { return alive() == all_started(); })) << alive();
  }
  /// Beside the hosts: keeper, shell, two sleeps.
  std::size_t all_started() const { return hosts_ + 4; }

  TemporaryDirectory folder_{"orch-daemon-test"};
  const std::string home_ = folder_.path();
  std::unique_ptr<protocol::ZmqServer> server_;
  std::string peer_;
  std::deque<WorkerMessage> inbox_;
  pid_t daemon_ = 0;
  std::size_t hosts_ = 0;  ///< with LibTorch two, else one
};

TEST_F(WorkerDaemon, RunsACommandAndShipsItsLog) {
  start();
  const auto registered = register_worker();
  EXPECT_EQ(registered.slots, 2);
  EXPECT_EQ(registered.pid, daemon_);
  EXPECT_EQ(*read_file(home_ + "/run/w0.pid"), std::to_string(daemon_) + "\n");
  send(order("echo rank $RANK of $WORLD_SIZE; echo data > $ORCH_OUT/file; exit 3"));
  EXPECT_GT(expect<protocol::RankStarted>().pid, 0);
  const auto ended = expect<protocol::RankEnded>();
  EXPECT_EQ(ended.failure, protocol::Failure::kExit);
  EXPECT_EQ(ended.status, 3);
  send(protocol::RankEndedAck{ended.id, 0});
  expect<protocol::AttemptReleased>();
  const auto log = expect<protocol::LogShipment>(
      [](const protocol::LogShipment& one) { return !one.closed.empty(); });
  EXPECT_EQ(log.chunks.at(0).bytes, "rank 0 of 1\n");
  send(protocol::LogAck{ended.id, 0, log.chunks[0].bytes.size(), true});
  EXPECT_TRUE(wait_for([&] { return list_directory(home_ + "/spool/w0")->empty(); }));
  EXPECT_EQ(*read_file(home_ + "/work/1/t/1/out/file"), "data\n");
  send(protocol::SealAttempt{ended.id, home_ + "/work/1/t/1/out"});
  EXPECT_EQ(expect<protocol::CommitRequest>().digest.size(), 64U);
}

TEST_F(WorkerDaemon, SaysWhichInputIsMissing) {
  start();
  register_worker();
  protocol::StartRanks missing = order("true");
  missing.inputs = {{"@base", "/nowhere/at/all"}};
  send(missing);
  const auto ended = expect<protocol::RankEnded>();
  EXPECT_EQ(ended.failure, protocol::Failure::kSpec);
  EXPECT_NE(ended.message.find("/nowhere/at/all"), std::string::npos);
}

TEST_F(WorkerDaemon, LeavesNothingWhenItIsKilled) {
  start();
  register_worker();
  run_forever();
  ::kill(daemon_, SIGKILL);
  EXPECT_TRUE(wait_for([&] { return alive() == 0; })) << alive();
}

TEST_F(WorkerDaemon, LeavesNothingWhenItIsAskedToGo) {
  start();
  register_worker();
  run_forever();
  ::kill(daemon_, SIGTERM);
  int status = -1;
  ::waitpid(daemon_, &status, 0);
  daemon_ = 0;
  EXPECT_EQ(status, 0);
  EXPECT_EQ(alive(), 0U) << "gone before the daemon is";
  EXPECT_FALSE(file_exists(home_ + "/run/w0.pid"));
}

TEST_F(WorkerDaemon, SurvivesTheDeathOfAHostAndSaysWhatItCost) {
  start();
  register_worker();
  run_forever();
  pid_t host = 0;
  for (const pid_t child : children_of(daemon_)) {
    if (!children_of(child).empty()) host = child;
  }
  ASSERT_GT(host, 0);
  ::kill(host, SIGKILL);
  const auto ended = expect<protocol::RankEnded>();
  EXPECT_EQ(ended.failure, protocol::Failure::kSignal);
  EXPECT_EQ(alive(), hosts_ - 1);
  send(order("exit 0", 2));
  EXPECT_EQ(expect<protocol::RankEnded>([](const auto& one) {
              return one.id.attempt.value == 2;
            }).failure,
            protocol::Failure::kNone);
}

TEST_F(WorkerDaemon, KillsLeftoversWhenItStarts) {
  start();
  register_worker();
  run_forever();
  // Everything that could clean up is stopped and killed with the daemon: the worst that can be.
  std::vector<int> keepers;
  for (const int pid : find_leftovers(home_, "w0")) {
    if (environment_of(pid, "ORCH_ATTEMPT") == "host") keepers.push_back(pid);
  }
  for (const int pid : keepers) ::kill(pid, SIGSTOP);
  ::kill(daemon_, SIGKILL);
  for (const int pid : keepers) ::kill(pid, SIGKILL);
  ::waitpid(daemon_, nullptr, 0);
  ASSERT_GT(alive(), 0U) << "the daemonised sleep is still there";
  start();
  const auto again =
      expect<protocol::Register>([&](const protocol::Register& one) { return one.pid == daemon_; });
  EXPECT_TRUE(again.held.empty());
  for (const int pid : find_leftovers(home_, "w0")) {
    EXPECT_EQ(environment_of(pid, "ORCH_ATTEMPT"), "host") << "only its own hosts";
  }
}

TEST_F(WorkerDaemon, RanksGoOnWithoutACoordinatorAndAreHeldAtTheNext) {
  start();
  register_worker();
  run_forever();
  const std::string address = server_->address();
  server_.reset();
  inbox_.clear();
  listen(address);
  const auto heartbeat = expect<protocol::Heartbeat>();
  ASSERT_EQ(heartbeat.held.size(), 1U);
  send(protocol::HeartbeatReply{heartbeat.sequence, true, {}});
  const auto again = expect<protocol::Register>();
  ASSERT_EQ(again.held.size(), 1U);
  EXPECT_EQ(again.held[0].ranks, std::vector<int>{0});
  EXPECT_EQ(alive(), all_started());
  send(protocol::RegisterReply{again.incarnation, {again.held[0].id}});
  EXPECT_TRUE(wait_for([&] { return alive() == hosts_; }))
      << "disowned, so killed: the hosts are left";
}

TEST_F(WorkerDaemon, ASecondOneOfTheNameIsRefused) {
  start();
  register_worker();
  const pid_t first = daemon_;
  start();
  int status = 0;
  ::waitpid(daemon_, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 4);
  daemon_ = first;
  expect<protocol::Heartbeat>();
}

}  // namespace
}  // namespace orch::worker
