// Start, stop and end of attempts: every effect, and no other.

#include <csignal>

#include "tests/worker/reactor_world.h"

namespace orch::worker {
namespace {

using protocol::AttemptReleased;
using protocol::Failure;
using protocol::Heartbeat;
using protocol::RankEnded;
using protocol::RankEndedAck;
using protocol::RankStarted;
using protocol::Register;
using protocol::ReleasedAck;
using protocol::StopAttempt;
using protocol::StopReason;

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

TEST(WorkerReactor, RegistersUntilAnsweredThenBeats) {
  World world;
  Effects effects = world.step(Connected{});
  ASSERT_EQ(sent<Register>(effects).size(), 1U);
  EXPECT_EQ(sent<Register>(effects)[0].incarnation, 5U);
  EXPECT_EQ(sent<Register>(effects)[0].slots, 4);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_EQ(world.tick(milliseconds(100)).size(), 0U);
  EXPECT_EQ(sent<Register>(world.tick(milliseconds(100))).size(), 1U);
  world.hear(protocol::RegisterReply{4, {}});  // of another incarnation
  EXPECT_EQ(sent<Register>(world.tick(milliseconds(500))).size(), 1U);
  effects = world.hear(protocol::RegisterReply{5, {}});
  ASSERT_EQ(sent<Heartbeat>(effects).size(), 1U);
  EXPECT_EQ(sent<Heartbeat>(effects)[0].sequence, 1U);
  effects = world.tick(milliseconds(500));
  ASSERT_EQ(sent<Heartbeat>(effects).size(), 1U);
  EXPECT_EQ(effects.size(), 1U);
}

TEST(WorkerReactor, RegistersAgainWithWhatItHolds) {
  World world;
  world.running(kCommandSpec);
  const Effects effects = world.hear(protocol::HeartbeatReply{1, true, {}});
  ASSERT_EQ(sent<Register>(effects).size(), 1U);
  const Register message = sent<Register>(effects)[0];
  ASSERT_EQ(message.held.size(), 1U);
  EXPECT_EQ(message.held[0].id, kAttempt);
  EXPECT_EQ(message.held[0].ranks, (std::vector<int>{0, 1}));
  EXPECT_TRUE(all<SignalRank>(effects).empty());
}

TEST(WorkerReactor, SpawnsCommandRanksWithTheContractsEnvironment) {
  World world;
  world.registered();
  const Effects effects = world.hear(World::order(kCommandSpec));
  const auto spawns = all<SpawnRank>(effects);
  ASSERT_EQ(spawns.size(), 2U);
  EXPECT_EQ(effects.size(), 2U);
  EXPECT_TRUE(spawns[1].command);
  EXPECT_FALSE(spawns[1].start.has_value());
  EXPECT_EQ(spawns[1].argv, (std::vector<std::string>{"prog", "one"}));
  EXPECT_EQ(spawns[1].directory, "/home/work/7/train/2/out");
  EXPECT_EQ(spawns[1].log_path, "/home/spool/worker-0/7.train.2.1.log");
  for (const char* line :
       {"ORCH_JOB=7", "ORCH_TASK=train", "ORCH_ATTEMPT=2", "ORCH_RANK=1", "ORCH_RANKS=2",
        "ORCH_LOCAL_RANK=1", "ORCH_OUT=/home/work/7/train/2/out", "KEY=value", "RANK=1",
        "ORCH_CHECKPOINT=/home/work/7/train/checkpoint", "WORLD_SIZE=2", "LOCAL_RANK=1",
        "LOCAL_WORLD_SIZE=2", "MASTER_ADDR=10.0.0.1", "MASTER_PORT=4242", "ORCH_HOME=/home",
        "ORCH_WORKER=worker-0", "PATH=/opt/orch:/usr/bin"}) {
    EXPECT_TRUE(has(spawns[1].environment, line)) << line;
  }
}

TEST(WorkerReactor, GivesOtherKindsTheirFirstFrame) {
  World world;
  world.registered();
  protocol::StartRanks order = World::order(kEvaluateSpec, {1});
  order.gpus = {{3}};
  order.resume_path = "/ckpt";
  const auto spawns = all<SpawnRank>(world.hear(order));
  ASSERT_EQ(spawns.size(), 1U);
  EXPECT_FALSE(spawns[0].command);
  ASSERT_TRUE(spawns[0].start.has_value());
  const protocol::RankStart& start = *spawns[0].start;
  EXPECT_EQ(start.rank, 1);
  EXPECT_EQ(start.local_rank, 0);
  EXPECT_EQ(start.local_ranks, 1);
  EXPECT_EQ(start.ranks_total, 2);
  EXPECT_EQ(start.gpus, std::vector<int>{3});
  EXPECT_EQ(start.resume_path, "/ckpt");
  EXPECT_EQ(start.run_directory, "/home/work/7/train/2/run");
  EXPECT_TRUE(has(spawns[0].environment, "ORCH_ATTEMPT=2"));
}

TEST(WorkerReactor, ARepeatedStartOnlyAnswersAgain) {
  World world;
  world.running(kCommandSpec);
  Effects effects = world.hear(World::order(kCommandSpec));
  EXPECT_EQ(sent<RankStarted>(effects).size(), 2U);
  EXPECT_EQ(effects.size(), 2U);
  world.step(RankExited{{kAttempt, 1}, 3, 0, false});
  effects = world.hear(World::order(kCommandSpec));
  EXPECT_EQ(sent<RankStarted>(effects).size(), 1U);
  EXPECT_EQ(sent<RankEnded>(effects).size(), 1U);
}

TEST(WorkerReactor, RefusesOlderAttemptsAndOtherIncarnations) {
  World world;
  world.registered();
  protocol::StartRanks order = World::order(kCommandSpec);
  order.incarnation = 4;
  EXPECT_TRUE(world.hear(order).empty());
  world.running(kCommandSpec);
  order = World::order(kCommandSpec);
  order.id.attempt = Attempt{1};
  EXPECT_EQ(weight(world.hear(order)), 0U);
}

TEST(WorkerReactor, ANewerAttemptWaitsUntilTheOlderOneIsGone) {
  World world;
  world.running(kCommandSpec);
  protocol::StartRanks newer = World::order(kCommandSpec);
  newer.id.attempt = Attempt{3};
  Effects effects = world.hear(newer);
  EXPECT_TRUE(all<SpawnRank>(effects).empty());
  ASSERT_EQ(all<SignalRank>(effects).size(), 2U);
  EXPECT_EQ(all<SignalRank>(effects)[0].signal, SIGKILL);
  world.step(RankExited{{kAttempt, 0}, 0, SIGKILL, false});
  EXPECT_TRUE(all<SpawnRank>(world.hear(newer)).empty());
  world.step(RankExited{{kAttempt, 1}, 0, SIGKILL, false});
  EXPECT_EQ(all<SpawnRank>(world.hear(newer)).size(), 2U);
}

TEST(WorkerReactor, AStartThatCannotBeMeantEndsAsWrongSpec) {
  World world;
  world.registered();
  const Effects effects = world.hear(World::order("version: 1\nname: demo\ntasks: {}\n"));
  ASSERT_EQ(sent<RankEnded>(effects).size(), 2U);
  EXPECT_EQ(sent<RankEnded>(effects)[0].failure, Failure::kSpec);
  EXPECT_FALSE(sent<RankEnded>(effects)[0].message.empty());
  EXPECT_EQ(weight(effects), 2U);
}

TEST(WorkerReactor, ReportsEndsUntilAckedThenReleasesUntilAcked) {
  World world;
  world.running(kCommandSpec);
  Effects effects = world.step(RankExited{{kAttempt, 0}, 0, 0, false});
  ASSERT_EQ(sent<RankEnded>(effects).size(), 1U);
  EXPECT_EQ(sent<RankEnded>(effects)[0].failure, Failure::kNone);
  EXPECT_EQ(weight(effects), 1U);
  EXPECT_EQ(sent<RankEnded>(world.tick(milliseconds(900))).size(), 0U);
  EXPECT_EQ(sent<RankEnded>(world.tick(milliseconds(100))).size(), 1U);
  EXPECT_EQ(weight(world.hear(RankEndedAck{kAttempt, 0})), 0U) << "rank 1 still runs";
  world.step(RankExited{{kAttempt, 1}, 0, 0, false});
  effects = world.hear(RankEndedAck{kAttempt, 1});
  EXPECT_EQ(sent<AttemptReleased>(effects).size(), 1U);
  EXPECT_EQ(sent<AttemptReleased>(world.tick(milliseconds(900))).size(), 0U);
  EXPECT_EQ(sent<AttemptReleased>(world.tick(milliseconds(100))).size(), 1U);
  world.hear(ReleasedAck{kAttempt});
  EXPECT_TRUE(world.state.attempts.empty());
  EXPECT_EQ(weight(world.tick(seconds(2))), 0U);
  EXPECT_EQ(weight(world.hear(World::order(kCommandSpec))), 0U) << "a start that comes late";
}

struct Ending {
  const char* name;
  RankExited event;
  Failure failure;
};

class Classes : public testing::TestWithParam<Ending> {};

TEST_P(Classes, NamesTheFailure) {
  World world;
  world.running(kCommandSpec);
  const auto ended = sent<RankEnded>(world.step(GetParam().event));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].failure, GetParam().failure);
  EXPECT_EQ(ended[0].message.empty(), GetParam().failure == Failure::kNone);
}

const RankId kRank0{kAttempt, 0};
INSTANTIATE_TEST_SUITE_P(
    WorkerReactor, Classes,
    testing::Values(Ending{"Ok", {kRank0, 0, 0, false}, Failure::kNone},
                    Ending{"Exit", {kRank0, 3, 0, false}, Failure::kExit},
                    Ending{"Signal", {kRank0, 0, SIGKILL, false}, Failure::kSignal},
                    Ending{"Crash", {kRank0, 0, SIGSEGV, false}, Failure::kSignal},
                    Ending{"Memory", {kRank0, 0, SIGKILL, true}, Failure::kOutOfMemory}),
    [](const auto& info) { return info.param.name; });

TEST(WorkerReactor, ARanksOwnWordsNameTheFailure) {
  World world;
  world.running(kEvaluateSpec);
  EXPECT_TRUE(
      world.step(RankFrame{kRank0, protocol::RankFailed{Failure::kNumeric, "NaN at step 3"}})
          .empty());
  const auto ended = sent<RankEnded>(world.step(RankExited{kRank0, 1, 0, false}));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].failure, Failure::kNumeric);
  EXPECT_EQ(ended[0].message, "NaN at step 3");
}

TEST(WorkerReactor, AFailedStartIsReported) {
  World world;
  world.registered();
  world.hear(World::order(kCommandSpec));
  const auto ended =
      sent<RankEnded>(world.step(RankNotSpawned{kRank0, Failure::kStart, "cannot execute prog"}));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].failure, Failure::kStart);
  EXPECT_EQ(ended[0].message, "cannot execute prog");
}

TEST(WorkerReactor, CancelTermsThenKillsAfterGrace) {
  World world;
  world.running(kCommandSpec);
  Effects effects = world.hear(StopAttempt{kAttempt, StopReason::kCancel, seconds(3)});
  ASSERT_EQ(all<SignalRank>(effects).size(), 2U);
  EXPECT_EQ(all<SignalRank>(effects)[0].signal, SIGTERM);
  EXPECT_EQ(effects.size(), 2U);
  EXPECT_TRUE(world.hear(StopAttempt{kAttempt, StopReason::kCancel, seconds(3)}).empty());
  const auto ended = sent<RankEnded>(world.step(RankExited{{kAttempt, 1}, 0, SIGTERM, false}));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].failure, Failure::kCancelled);
  EXPECT_TRUE(all<SignalRank>(world.tick(milliseconds(2900))).empty());
  effects = world.tick(milliseconds(100));
  ASSERT_EQ(all<SignalRank>(effects).size(), 1U) << "only the rank that is left";
  EXPECT_EQ(all<SignalRank>(effects)[0].rank.rank, 0);
  EXPECT_EQ(all<SignalRank>(effects)[0].signal, SIGKILL);
}

TEST(WorkerReactor, PauseAsksRanksAndTermsCommands) {
  World ranks;
  ranks.running(kEvaluateSpec);
  Effects effects = ranks.hear(StopAttempt{kAttempt, StopReason::kPause, seconds(3)});
  ASSERT_EQ(all<SendToRank>(effects).size(), 2U);
  EXPECT_TRUE(std::holds_alternative<protocol::RankStop>(all<SendToRank>(effects)[0].message));
  EXPECT_EQ(effects.size(), 2U);
  EXPECT_TRUE(all<SignalRank>(ranks.tick(seconds(60))).empty()) << "a save takes its time";
  ranks.step(RankFrame{{kAttempt, 0}, protocol::RankStopped{12}});
  auto ended = sent<RankEnded>(ranks.step(RankExited{{kAttempt, 0}, 0, 0, false}));
  EXPECT_EQ(ended.at(0).failure, Failure::kPaused);
  ended = sent<RankEnded>(ranks.step(RankExited{{kAttempt, 1}, 0, 0, false}));
  EXPECT_EQ(ended.at(0).failure, Failure::kNone) << "it finished before it heard";

  World command;
  command.running(kCommandSpec);
  effects = command.hear(StopAttempt{kAttempt, StopReason::kPause, seconds(3)});
  ASSERT_EQ(all<SignalRank>(effects).size(), 2U);
  EXPECT_EQ(all<SignalRank>(effects)[0].signal, SIGTERM);
  ended = sent<RankEnded>(command.step(RankExited{{kAttempt, 0}, 143, 0, false}));
  EXPECT_EQ(ended.at(0).failure, Failure::kPaused);
}

TEST(WorkerReactor, GangFailureKillsAtOnceAndKeepsWhoFailedByItself) {
  World world;
  world.running(kCommandSpec);
  const Effects effects = world.hear(StopAttempt{kAttempt, StopReason::kGangFailed, {}});
  ASSERT_EQ(all<SignalRank>(effects).size(), 2U);
  EXPECT_EQ(all<SignalRank>(effects)[1].signal, SIGKILL);
  auto ended = sent<RankEnded>(world.step(RankExited{{kAttempt, 0}, 0, SIGKILL, false}));
  EXPECT_EQ(ended.at(0).failure, Failure::kCancelled);
  ended = sent<RankEnded>(world.step(RankExited{{kAttempt, 1}, 0, SIGABRT, false}));
  EXPECT_EQ(ended.at(0).failure, Failure::kSignal);
}

TEST(WorkerReactor, ACancelOvertakesAPause) {
  World world;
  world.running(kEvaluateSpec);
  world.hear(StopAttempt{kAttempt, StopReason::kPause, seconds(3)});
  EXPECT_EQ(
      all<SignalRank>(world.hear(StopAttempt{kAttempt, StopReason::kCancel, seconds(3)})).size(),
      2U);
  EXPECT_TRUE(world.hear(StopAttempt{kAttempt, StopReason::kPause, seconds(3)}).empty());
}

TEST(WorkerReactor, DisownedAttemptsAreKilledAtOnce) {
  World world;
  world.running(kEvaluateSpec);
  Effects effects = world.hear(protocol::HeartbeatReply{1, false, {kAttempt}});
  ASSERT_EQ(all<SignalRank>(effects).size(), 2U);
  EXPECT_EQ(all<SignalRank>(effects)[0].signal, SIGKILL);
  EXPECT_EQ(weight(effects), 2U);
  EXPECT_EQ(weight(world.hear(protocol::HeartbeatReply{2, false, {kAttempt}})), 0U);
}

TEST(WorkerReactor, StopOfAnUnknownAttemptReleasesAndFences) {
  World world;
  world.registered();
  const Effects effects = world.hear(StopAttempt{kAttempt, StopReason::kCancel, seconds(1)});
  EXPECT_EQ(sent<AttemptReleased>(effects).size(), 1U);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_TRUE(all<SpawnRank>(world.hear(World::order(kCommandSpec))).empty());
}

TEST(WorkerReactor, RanksGoOnWhileTheCoordinatorIsAway) {
  World world;
  world.running(kEvaluateSpec);
  for (int i = 0; i < 600; ++i) {
    const Effects effects = world.tick(milliseconds(100));
    EXPECT_EQ(weight(effects), 0U);
  }
  world.step(RankExited{{kAttempt, 1}, 0, 0, false});
  const Effects effects = world.hear(protocol::HeartbeatReply{9, true, {}});
  EXPECT_EQ(sent<Register>(effects).size(), 1U);
  const Effects after = world.hear(protocol::RegisterReply{5, {}});
  EXPECT_EQ(sent<RankEnded>(after).size(), 1U) << "what happened meanwhile is said again";
}

}  // namespace
}  // namespace orch::worker
