// Commits, logs and metrics: forwarded, repeated until acknowledged, forgotten after.

#include "tests/worker/reactor_world.h"

namespace orch::worker {
namespace {

using protocol::CommitReply;
using protocol::CommitRequest;
using protocol::LogAck;
using protocol::LogShipment;
using protocol::MetricAck;
using protocol::MetricShipment;
using protocol::RankCommit;
using protocol::RankCommitted;

const RankId kRank0{kAttempt, 0};
const RankId kRank1{kAttempt, 1};

RankCommit checkpoint(const std::string& digest) {
  return {"checkpoint", "checkpoint", "/ckpt", digest, 100, 400, "hash"};
}

TEST(WorkerCommit, IsForwardedRepeatedAndAnswered) {
  World world;
  world.running(kEvaluateSpec);
  Effects effects = world.step(RankFrame{kRank0, checkpoint("d1")});
  ASSERT_EQ(sent<CommitRequest>(effects).size(), 1U);
  EXPECT_EQ(effects.size(), 1U);
  const CommitRequest request = sent<CommitRequest>(effects)[0];
  EXPECT_EQ(request.id, kAttempt);
  EXPECT_EQ(request.digest, "d1");
  EXPECT_EQ(request.ledger_hash, "hash");
  EXPECT_EQ(sent<CommitRequest>(world.tick(seconds(1))).size(), 1U);
  EXPECT_TRUE(world.hear(CommitReply{kAttempt, "checkpoint", "other", 100, true, ""}).empty());
  effects = world.hear(CommitReply{kAttempt, "checkpoint", "d1", 100, true, "fine"});
  const auto frames = all<SendToRank>(effects);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(effects.size(), 1U);
  const auto* answer = std::get_if<RankCommitted>(&frames[0].message);
  ASSERT_NE(answer, nullptr);
  EXPECT_TRUE(answer->accepted);
  EXPECT_EQ(answer->digest, "d1");
  EXPECT_TRUE(world.hear(CommitReply{kAttempt, "checkpoint", "d1", 100, true, ""}).empty());
  EXPECT_EQ(sent<CommitRequest>(world.tick(seconds(2))).size(), 0U);
}

TEST(WorkerCommit, OnlyRankZeroMayCommit) {
  World world;
  world.running(kEvaluateSpec);
  EXPECT_EQ(weight(world.step(RankFrame{kRank1, checkpoint("d1")})), 0U);
}

TEST(WorkerCommit, OfProgressOnlyTheNewestIsRepeatedAndNobodyWaits) {
  World world;
  world.running(kEvaluateSpec);
  for (const std::int64_t step : {1, 2, 3}) {
    world.step(RankFrame{kRank0, RankCommit{"progress", "", "", "", step, 9, "h"}});
  }
  const auto repeated = sent<CommitRequest>(world.tick(seconds(1)));
  ASSERT_EQ(repeated.size(), 1U);
  EXPECT_EQ(repeated[0].step, 3);
  EXPECT_TRUE(world.hear(CommitReply{kAttempt, "progress", "", 3, true, ""}).empty());
}

TEST(WorkerCommit, WaitsWhileTheCoordinatorIsAway) {
  World world;
  world.running(kEvaluateSpec);
  world.hear(protocol::HeartbeatReply{1, true, {}});
  EXPECT_TRUE(world.step(RankFrame{kRank0, checkpoint("d1")}).empty());
  EXPECT_EQ(sent<CommitRequest>(world.hear(protocol::RegisterReply{5, {}})).size(), 1U);
}

TEST(WorkerSeal, DescribesOnceAndCommitsUntilAnswered) {
  World world;
  world.registered();  // the attempt is over here: no state is needed
  const protocol::SealAttempt seal{kAttempt, "/home/work/7/train/2/out"};
  Effects effects = world.hear(seal);
  ASSERT_EQ(all<DescribeDirectory>(effects).size(), 1U);
  EXPECT_EQ(effects.size(), 1U);
  EXPECT_TRUE(world.hear(seal).empty()) << "at work on it";
  effects = world.step(DirectoryDescribed{kAttempt, seal.out_directory, "abc", ""});
  ASSERT_EQ(sent<CommitRequest>(effects).size(), 1U);
  const CommitRequest request = sent<CommitRequest>(effects)[0];
  EXPECT_EQ(request.kind, "result");
  EXPECT_EQ(request.artifact_kind, "output");
  EXPECT_EQ(request.digest, "abc");
  EXPECT_EQ(sent<CommitRequest>(world.hear(seal)).size(), 1U);
  EXPECT_TRUE(world.hear(CommitReply{kAttempt, "result", "abc", 0, true, ""}).empty());
  EXPECT_TRUE(world.state.commits.empty());
}

TEST(WorkerLog, ShipsFromWhatIsAckedAndRepeatsTheSameBytes) {
  World world;
  world.running(kCommandSpec);
  auto reads = all<ReadLog>(world.tick(milliseconds(200)));
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0].offset, 0U);
  EXPECT_TRUE(all<ReadLog>(world.tick(milliseconds(100))).empty()) << "one read at a time";
  Effects effects = world.step(LogRead{kRank0, 0, "hello", true});
  ASSERT_EQ(sent<LogShipment>(effects).size(), 1U);
  EXPECT_EQ(sent<LogShipment>(effects)[0].chunks.at(0).bytes, "hello");
  EXPECT_TRUE(sent<LogShipment>(effects)[0].closed.empty());
  EXPECT_TRUE(world.step(LogRead{kRank1, 0, "", true}).empty()) << "nothing new is not sent";
  reads = all<ReadLog>(world.tick(seconds(1)));
  ASSERT_EQ(reads.size(), 2U);
  EXPECT_EQ(reads[0].offset, 0U);
  EXPECT_EQ(reads[0].size_bytes_max, 5U) << "a repeat has the same bytes";
  world.step(LogRead{kRank0, 0, "hello", false});
  reads = all<ReadLog>(world.hear(LogAck{kAttempt, 0, 5, false}));
  ASSERT_EQ(reads.size(), 1U) << "more may be there: read at once";
  EXPECT_EQ(reads[0].offset, 5U);
}

TEST(WorkerLog, IsRemovedOnlyWhenTheCoordinatorKnowsItsEnd) {
  World world;
  world.running(kCommandSpec);
  world.step(RankExited{kRank1, 0, 0, false});
  EXPECT_EQ(all<ReadLog>(world.tick(milliseconds(1))).size(), 1U) << "the end is shipped at once";
  Effects effects = world.step(LogRead{kRank1, 0, "bye", true});
  ASSERT_EQ(sent<LogShipment>(effects).size(), 1U);
  EXPECT_EQ(sent<LogShipment>(effects)[0].closed, std::vector<int>{0});
  effects = world.hear(LogAck{kAttempt, 1, 3, false});
  EXPECT_TRUE(all<RemoveLog>(effects).empty()) << "the end was not acknowledged";
  effects = world.step(LogRead{kRank1, 3, "", true});
  ASSERT_EQ(sent<LogShipment>(effects).size(), 1U) << "an empty last chunk";
  EXPECT_EQ(sent<LogShipment>(effects)[0].closed, std::vector<int>{0});
  effects = world.hear(LogAck{kAttempt, 1, 3, true});
  ASSERT_EQ(all<RemoveLog>(effects).size(), 1U);
  EXPECT_EQ(all<RemoveLog>(effects)[0].path, "/home/spool/worker-0/7.train.2.1.log");
}

TEST(WorkerLog, WhatWasReadBeforeTheEndDoesNotCloseIt) {
  World world;
  world.running(kCommandSpec);
  world.tick(milliseconds(200));
  world.step(RankExited{kRank1, 0, 0, false});
  const auto shipped = sent<LogShipment>(world.step(LogRead{kRank1, 0, "early", true}));
  ASSERT_EQ(shipped.size(), 1U);
  EXPECT_TRUE(shipped[0].closed.empty()) << "the rank may have written after that read";
}

TEST(WorkerLog, OfAnEarlierLifeIsShippedAndJumpsToWhatIsKnown) {
  World world;
  world.step(LogFound{kRank1});
  world.registered();
  auto reads = all<ReadLog>(world.tick(milliseconds(100)));
  ASSERT_EQ(reads.size(), 1U);
  world.step(LogRead{kRank1, 0, "old and new", true});
  reads = all<ReadLog>(world.hear(LogAck{kAttempt, 1, 500, false}));
  ASSERT_EQ(reads.size(), 1U);
  EXPECT_EQ(reads[0].offset, 500U);
  EXPECT_TRUE(all<SpawnRank>(world.hear(World::order(kCommandSpec))).empty())
      << "that attempt was here and is gone";
}

TEST(WorkerMetrics, AreShippedByRankZeroAndKeepItsLogUntilDone) {
  World world;
  world.running(kEvaluateSpec);
  Effects effects = world.tick(milliseconds(200));
  ASSERT_EQ(all<ReadMetrics>(effects).size(), 1U);
  EXPECT_EQ(all<ReadMetrics>(effects)[0].path, "/home/work/7/train/2/run/metrics.jsonl");
  effects = world.step(MetricsRead{kAttempt, 0, 40, {{"loss", 1, 2.5, {}, 2}}, true});
  ASSERT_EQ(sent<MetricShipment>(effects).size(), 1U);
  EXPECT_EQ(sent<MetricShipment>(effects)[0].end_offset, 40U);
  world.step(LogRead{kRank0, 0, "", true});
  world.step(RankExited{kRank0, 0, 0, false});
  world.tick(milliseconds(1));
  effects = world.step(LogRead{kRank0, 0, "", true});
  EXPECT_EQ(sent<LogShipment>(effects).size(), 1U);
  EXPECT_TRUE(all<RemoveLog>(world.hear(LogAck{kAttempt, 0, 0, true})).empty())
      << "metrics are not shipped yet";
  EXPECT_EQ(all<ReadMetrics>(world.hear(MetricAck{kAttempt, 40})).size(), 1U);
  effects = world.step(MetricsRead{kAttempt, 40, 40, {}, true});
  EXPECT_EQ(all<RemoveLog>(effects).size(), 1U);
  EXPECT_TRUE(world.state.metrics.empty());
}

TEST(WorkerLog, NamesSurviveTheRoundTrip) {
  const RankId rank{{{JobId{12}, "a.b-c.2"}, Attempt{3}}, 4};
  const std::string path = log_path("/spool", rank);
  EXPECT_EQ(path, "/spool/12.a.b-c.2.3.4.log");
  EXPECT_EQ(rank_of_log(path.substr(7)), rank);
  for (const char* wrong : {"", "log", "1.a.2.log", "x.a.2.3.log", "1.a.2.3.txt", "1..log",
                            "1.a.2.-3.log", "1.2.3.log"}) {
    EXPECT_FALSE(rank_of_log(wrong).has_value()) << wrong;
  }
}

}  // namespace
}  // namespace orch::worker
