// The promise of the engine: the same bits for any number of ranks and threads, after any stop.
// Ranks are processes.
#include "jobs/train_loop.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "gang.h"
#include "jobs/checkpoint_folders.h"
#include "jobs/optim/ledger.h"
#include "storage/artifact_dir.h"

namespace orch::jobs::test {
namespace {

class TrainLoop : public testing::Test {
 protected:
  GangRun plan(int ranks, int threads, const std::string& name) {
    GangRun run;
    run.spec = small_spec();
    run.ranks = ranks;
    run.threads = threads;
    run.out = join_path(folder_.path(), name);
    EXPECT_TRUE(make_directories(run.out).ok());
    return run;
  }
  /// Goes on in `out` from its newest checkpoint.
  GangRun resumed(int ranks, int threads, const std::string& name) {
    GangRun run = plan(ranks, threads, name);
    const auto found = list_checkpoints(run.out).value();
    if (!found.empty()) {
      run.resume_path = found.back().path;
      run.resume_step = found.back().step;
    }
    return run;
  }
  protocol::RankCommit undisturbed() {
    const GangOutcome outcome = run_gang(plan(1, 1, "undisturbed"));
    EXPECT_TRUE(outcome.result.has_value())
        << (outcome.failures.empty() ? "" : outcome.failures[0].message);
    return outcome.result.value_or(protocol::RankCommit{});
  }
  TemporaryDirectory folder_{"trainer"};
};

TEST_F(TrainLoop, RanksAndThreadsDoNotChangeABit) {
  const protocol::RankCommit expected = undisturbed();
  EXPECT_EQ(expected.step, 6);
  for (const int ranks : {1, 2, 3, 4, 7}) {
    for (const int threads : {1, 2}) {
      const std::string name = "r" + std::to_string(ranks) + "t" + std::to_string(threads);
      const GangOutcome outcome = run_gang(plan(ranks, threads, name));
      ASSERT_TRUE(outcome.result.has_value()) << name;
      EXPECT_EQ(outcome.result->ledger_hash, expected.ledger_hash) << name;
      EXPECT_EQ(outcome.result->digest, expected.digest)
          << name;  // weights, moments, ledger: every byte
      EXPECT_EQ(outcome.exit_codes, std::vector<int>(static_cast<std::size_t>(ranks), 0));
    }
  }
}

TEST_F(TrainLoop, StopsOnRequestAndGoesOnAtAnotherWorldSize) {
  const protocol::RankCommit expected = undisturbed();
  GangRun first = plan(3, 1, "stopped");
  first.stop_after = 2;
  const GangOutcome stopped = run_gang(first);
  EXPECT_FALSE(stopped.result.has_value());
  EXPECT_EQ(stopped.stopped, 3);
  ASSERT_FALSE(stopped.checkpoints.empty());
  EXPECT_GE(stopped.checkpoints.back().step, 3);
  const GangOutcome outcome = run_gang(resumed(2, 2, "stopped"));
  ASSERT_TRUE(outcome.result.has_value());
  EXPECT_EQ(outcome.result->ledger_hash, expected.ledger_hash);
  EXPECT_EQ(outcome.result->digest, expected.digest);
}

TEST_F(TrainLoop, KilledAtAnyStepItGoesOnFromWhatWasCommitted) {
  const protocol::RankCommit expected = undisturbed();
  for (const std::int64_t step : {1, 3, 5}) {
    const std::string name = "killed" + std::to_string(step);
    GangRun first = plan(2, 1, name);
    first.kill_after = step;
    EXPECT_FALSE(run_gang(first).result.has_value());
    const GangOutcome outcome = run_gang(resumed(3, 1, name));
    ASSERT_TRUE(outcome.result.has_value()) << name;
    EXPECT_EQ(outcome.result->ledger_hash, expected.ledger_hash) << name;
    EXPECT_EQ(outcome.result->digest, expected.digest) << name;
  }
}

// The loss of the small run falls: the rule is set to what it reached at step 4 undisturbed.
TEST_F(TrainLoop, EndsAtTheSameStepOnceTheLossIsLowEnough) {
  undisturbed();
  const auto ledger = optim::read_ledger(join_path(folder_.path(), "undisturbed/ledger.jsonl"));
  ASSERT_TRUE(ledger.ok());
  const auto loss = [&](std::size_t step) {
    return optim::loss_of_bits(ledger.value()[step - 1].loss_bits);
  };
  const protocol::StopRule rule{.loss = (loss(3) + loss(4)) / 2, .over = 2};
  ASSERT_GT((loss(1) + loss(2)) / 2, rule.loss);
  ASSERT_GT((loss(2) + loss(3)) / 2, rule.loss);
  protocol::RankCommit expected;
  for (const int ranks : {1, 3}) {
    GangRun run = plan(ranks, 1, "enough" + std::to_string(ranks));
    run.spec.stop = rule;
    const GangOutcome outcome = run_gang(run);
    ASSERT_TRUE(outcome.result.has_value());
    EXPECT_EQ(outcome.result->step, 4);
    EXPECT_EQ(outcome.result->steps, 4);
    if (ranks == 1) expected = *outcome.result;
    EXPECT_EQ(outcome.result->digest, expected.digest);
  }
  // Killed before that step, and again after its checkpoint but before the result.
  for (const std::int64_t step : {3, 4}) {
    const std::string name = "enough-killed" + std::to_string(step);
    GangRun first = plan(2, 1, name);
    first.spec.stop = rule;
    first.kill_after = step;
    run_gang(first);
    GangRun again = resumed(3, 1, name);
    again.spec.stop = rule;
    const GangOutcome outcome = run_gang(again);
    ASSERT_TRUE(outcome.result.has_value()) << name;
    EXPECT_EQ(outcome.result->step, 4) << name;
    EXPECT_EQ(outcome.result->digest, expected.digest) << name;
  }
  // All of it is there: nothing is left to do.
  GangRun done = resumed(2, 1, "enough1");
  done.spec.stop = rule;
  const GangOutcome outcome = run_gang(done);
  ASSERT_TRUE(outcome.result.has_value());
  EXPECT_EQ(outcome.result->digest, expected.digest);
}

TEST_F(TrainLoop, KeepsAsManyCheckpointsAsThePolicySays) {
  GangRun run = plan(2, 1, "kept");
  run.spec.checkpoints = {.every = 1, .keep_last = 2, .keep_every = 3};
  ASSERT_TRUE(run_gang(run).result.has_value());
  std::vector<std::int64_t> steps;
  const std::vector<CheckpointRecord> found = list_checkpoints(run.out).value();
  for (const CheckpointRecord& record : found) {
    steps.push_back(record.step);
    EXPECT_TRUE(storage::verify_directory(record.path).ok());
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{3, 5, 6}));
}

TEST_F(TrainLoop, ANanEndsTheAttemptWithStepAndSamples) {
  GangRun run = plan(2, 1, "nan");
  run.spec.optimizer.lr = 1e30;
  const GangOutcome outcome = run_gang(run);
  EXPECT_FALSE(outcome.result.has_value());
  ASSERT_FALSE(outcome.failures.empty());
  EXPECT_EQ(outcome.failures[0].failure, protocol::Failure::kNumeric);
  EXPECT_NE(outcome.failures[0].message.find("step 2"), std::string::npos)
      << outcome.failures[0].message;
  EXPECT_NE(outcome.failures[0].message.find("rule "), std::string::npos)
      << outcome.failures[0].message;
}

TEST_F(TrainLoop, ARefusedCommitEndsTheAttempt) {
  GangRun run = plan(1, 1, "stale");
  run.refuse_commits = true;
  const GangOutcome outcome = run_gang(run);
  EXPECT_FALSE(outcome.failures.empty());
  EXPECT_NE(outcome.exit_codes.front(), 0);
}

TEST_F(TrainLoop, AChangedSpecIsNotResumed) {
  GangRun first = plan(1, 1, "changed");
  first.stop_after = 3;
  run_gang(first);
  GangRun second = resumed(1, 1, "changed");
  second.spec.optimizer.lr *= 2;
  const GangOutcome outcome = run_gang(second);
  ASSERT_FALSE(outcome.failures.empty());
  EXPECT_EQ(outcome.failures[0].failure, protocol::Failure::kSpec);
  EXPECT_NE(outcome.failures[0].message.find("another run"), std::string::npos)
      << outcome.failures[0].message;
}

TEST_F(TrainLoop, TooManyRanksOrABadCutIsRefused) {
  GangRun run = plan(2, 1, "many");
  run.spec.shards = 1;
  EXPECT_NE(run_gang(run).failures.at(0).message.find("2 ranks"), std::string::npos);
  run.ranks = 1;
  run.spec.shards = 6;
  EXPECT_NE(run_gang(run).failures.at(0).message.find("power of two"), std::string::npos);
}

TEST_F(TrainLoop, WritesMetricsOfEveryStep) {
  const GangRun run = plan(1, 1, "metrics");
  run_gang(run);
  const std::string text = read_file(join_path(run.out, "metrics.jsonl")).value();
  for (const char* series : {"loss", "grad_norm", "lr", "tokens_per_second", "memory_bytes"})
    EXPECT_NE(text.find("{\"series\":\"" + std::string(series) + "\",\"step\":6,"),
              std::string::npos)
        << series;
  const auto lines = optim::read_ledger(join_path(run.out, "ledger.jsonl"));
  ASSERT_TRUE(lines.ok());
  EXPECT_LT(optim::loss_of_bits(lines->back().loss_bits),
            optim::loss_of_bits(lines->front().loss_bits));
}

}  // namespace
}  // namespace orch::jobs::test
