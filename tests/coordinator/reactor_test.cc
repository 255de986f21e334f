// Submission, gangs, commits, success. Every effect is stated.

#include <gtest/gtest.h>

#include "tests/coordinator/harness.h"

namespace orch::coordinator {
namespace {

using protocol::Failure;
using protocol::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kCommand = "  a: {command: {argv: [\"/bin/true\"]}}\n";
constexpr const char* kGang = "  a: {ranks: 3, command: {argv: [\"/bin/true\"]}}\n";
constexpr const char* kTraining = "  a: {checkpoint: {from: /models/base, action: verify}}\n";

protocol::Submit submission(const std::string& request_id, const std::string& tasks = kCommand) {
  protocol::Submit request;
  request.spec = std::string("version: 1\nname: job\ntasks:\n") + tasks;
  request.request_id = request_id;
  return request;
}

TEST(Submit, IsRecordedThenAnsweredAndStarted) {
  Harness h;
  h.add_worker("w", 1);
  EXPECT_EQ(lines(h.client(submission("x"))),
            (Lines{"record JobSubmitted 1", "record AttemptStarted 1/a#1", "w: StartRanks 1/a#1 x1",
                   "client: SubmitReply 1"}));
}

TEST(Submit, RepeatsTheAnswerForTheSameRequestId) {
  Harness h;
  h.client(submission("x"));
  EXPECT_EQ(lines(h.client(submission("x"))), (Lines{"client: SubmitReply 1 repeated"}));
}

TEST(Submit, RefusesTheSameRequestIdWithAnotherSpecOrOtherValues) {
  Harness h;
  h.client(submission("x"));
  EXPECT_EQ(lines(h.client(submission("x", kGang))), (Lines{"client: ErrorReply conflict"}));
  protocol::Submit other = submission("x");
  other.set["seed"] = "8";
  EXPECT_EQ(lines(h.client(other)), (Lines{"client: ErrorReply conflict"}));
}

TEST(Submit, DryRunChangesNothing) {
  Harness h;
  protocol::Submit request = submission("x");
  request.dry_run = true;
  EXPECT_EQ(lines(h.client(request)), (Lines{"client: SubmitReply 0"}));
}

TEST(Submit, RefusesBrokenSpecsAndUnknownArtifacts) {
  Harness h;
  EXPECT_EQ(lines(h.client(submission("", "  a: {commando: 1}\n"))),
            (Lines{"client: ErrorReply invalid"}));
  EXPECT_EQ(lines(h.client(
                submission("", "  a: {checkpoint: {from: \"sha:abcdef12\", action: verify}}\n"))),
            (Lines{"client: ErrorReply not_found"}));
}

TEST(Submit, IsRefusedWhenTheDiskIsAlmostFull) {
  Harness h;
  h.send(Tick{1 << 20});
  EXPECT_EQ(lines(h.client(submission("x"))), (Lines{"client: ErrorReply unavailable"}));
}

TEST(Gang, IsPlacedWholeOrNotAtAll) {
  Harness h;
  h.add_worker("w0", 2);
  h.submit(kGang);
  EXPECT_TRUE(h.task("a").attempts.empty());
  EXPECT_EQ(lines(h.add_worker("w1", 1)),
            (Lines{"record WorkerRegistered w1", "record AttemptStarted 1/a#1", "w1: RegisterReply",
                   "w0: StartRanks 1/a#1 x2", "w1: StartRanks 1/a#1 x1"}));
}

TEST(Gang, StartIsRepeatedUntilTheRanksAnswered) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  EXPECT_EQ(lines(h.tick(milliseconds(900))), Lines{});
  EXPECT_EQ(lines(h.tick(milliseconds(200))), (Lines{"w: StartRanks 1/a#1 x1"}));
  EXPECT_EQ(lines(h.worker("w", protocol::RankStarted{id_of("a", 1), 0, 42})),
            (Lines{"record RankRuns 1/a#1 0"}));
  EXPECT_EQ(lines(h.worker("w", protocol::RankStarted{id_of("a", 1), 0, 42})), Lines{});
  EXPECT_EQ(lines(h.tick(seconds(2))), Lines{});
}

TEST(Command, IsSealedWhenAllRanksEndedAndThenSucceeds) {
  Harness h;
  h.add_worker("w0", 2);
  h.add_worker("w1", 1);
  h.submit(kGang);
  const AttemptId id = id_of("a", 1);
  EXPECT_EQ(lines(h.rank_ended("w0", id, 0)),
            (Lines{"record RankGone 1/a#1 0 none", "w0: RankEndedAck 1/a#1"}));
  h.rank_ended("w0", id, 1);
  EXPECT_EQ(
      lines(h.rank_ended("w1", id, 2)),
      (Lines{"record RankGone 1/a#1 2 none", "w1: RankEndedAck 1/a#1", "w0: SealAttempt 1/a#1"}));
  EXPECT_EQ(lines(h.rank_ended("w1", id, 2)), (Lines{"w1: RankEndedAck 1/a#1"}));
  EXPECT_EQ(lines(h.commit("w0", id, "result", "d1")),
            (Lines{"record CommitAccepted 1/a#1 result",
                   "record AttemptEnded 1/a#1 succeeded, task succeeded",
                   "w0: CommitReply 1/a#1 accepted"}));
  EXPECT_EQ(lines(h.commit("w0", id, "result", "d1")), (Lines{"w0: CommitReply 1/a#1 accepted"}));
  EXPECT_EQ(h.job(), State::kSucceeded);
  EXPECT_EQ(h.task("a").artifact, "d1");
  EXPECT_EQ(h.state.workers.at("w0").slots_used, 2);
  EXPECT_EQ(lines(h.released("w0", id)),
            (Lines{"record WorkerReleased 1/a#1 w0", "w0: ReleasedAck 1/a#1"}));
  EXPECT_EQ(lines(h.released("w0", id)), (Lines{"w0: ReleasedAck 1/a#1"}));
  EXPECT_EQ(h.state.workers.at("w0").slots_used, 0);
}

TEST(Command, FailsWhenItsOutputCannotBeRead) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.rank_ended("w", id_of("a", 1), 0);
  h.commit("w", id_of("a", 1), "result", "");
  EXPECT_EQ(h.attempt("a", 1).failure, Failure::kExit);
  EXPECT_EQ(h.job(), State::kFailed);
}

TEST(Training, NeedsAResultToSucceed) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  h.rank_ended("w", id_of("a", 1), 0);
  EXPECT_EQ(h.task("a").state, State::kFailed);
}

TEST(Training, ResumesFromTheLastCommittedCheckpoint) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  const AttemptId first = id_of("a", 1);
  h.commit("w", first, "checkpoint", "c10", 10);
  h.commit("w", first, "progress", "", 14);
  h.rank_ended("w", first, 0, Failure::kSignal);
  h.released("w", first);
  const Effects effects = h.tick(milliseconds(600));
  EXPECT_EQ(lines(effects), (Lines{"record AttemptStarted 1/a#2", "w: StartRanks 1/a#2 x1"}));
  const auto& order = std::get<protocol::StartRanks>(effects.to_workers[0].message);
  EXPECT_EQ(order.resume_path, "/home/c10");
  EXPECT_EQ(order.resume_step, 10);
  EXPECT_EQ(order.checkpoint_directory, "/home/work/1/a/checkpoint");
  EXPECT_EQ(order.out_directory, "/home/work/1/a/2/out");
}

TEST(Commit, OfAnOlderAttemptIsRefused) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  h.rank_ended("w", id_of("a", 1), 0, Failure::kSignal);
  EXPECT_EQ(lines(h.commit("w", id_of("a", 1), "checkpoint", "late", 50)),
            (Lines{"w: CommitReply 1/a#1 refused"}));
  EXPECT_EQ(lines(h.commit("w", id_of("a", 9), "result", "never")),
            (Lines{"w: CommitReply 1/a#9 refused"}));
}

TEST(Commit, OfProgressThatWasOvertakenChangesNothing) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  h.commit("w", id_of("a", 1), "progress", "", 20);
  EXPECT_EQ(lines(h.commit("w", id_of("a", 1), "progress", "", 19)),
            (Lines{"w: CommitReply 1/a#1 accepted"}));
  EXPECT_EQ(h.task("a").step, 20);
}

TEST(Commit, OfACheckpointIsRefusedWhenTheDiskIsAlmostFull) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  h.send(Tick{1 << 20});
  EXPECT_EQ(lines(h.commit("w", id_of("a", 1), "checkpoint", "c", 10)),
            (Lines{"w: CommitReply 1/a#1 refused"}));
  EXPECT_EQ(lines(h.commit("w", id_of("a", 1), "progress", "", 11)),
            (Lines{"record CommitAccepted 1/a#1 progress", "w: CommitReply 1/a#1 accepted"}));
}

TEST(Dependencies, StartWhenWhatTheyNeedHasSucceededAndSeeItsArtifact) {
  Harness h;
  h.add_worker("w", 2);
  h.submit(
      "  a: {command: {argv: [\"/bin/true\"]}}\n"
      "  b: {checkpoint: {from: \"@a/model\", action: verify}}\n");
  EXPECT_TRUE(h.task("b").attempts.empty());
  h.rank_ended("w", id_of("a", 1), 0);
  const Effects effects = h.commit("w", id_of("a", 1), "result", "da");
  const auto& order = std::get<protocol::StartRanks>(effects.to_workers.back().message);
  EXPECT_EQ(order.inputs.at("@a/model"), "/home/da/model");
  EXPECT_EQ(h.attempt("b", 1).input_digests, (std::vector<std::string>{"da"}));
}

TEST(Dependencies, AreCancelledWhenWhatTheyNeedFails) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(
      "  a: {command: {argv: [\"/bin/true\"]}}\n"
      "  b: {needs: [a], command: {argv: [\"/bin/true\"]}}\n"
      "  c: {needs: [b], command: {argv: [\"/bin/true\"]}}\n");
  const Effects effects = h.rank_ended("w", id_of("a", 1), 0, Failure::kExit);
  EXPECT_EQ(lines(effects),
            (Lines{"record RankGone 1/a#1 0 exit", "record AttemptEnded 1/a#1 failed, task failed",
                   "record TaskChanged 1/b cancelled", "record TaskChanged 1/c cancelled",
                   "w: RankEndedAck 1/a#1", "w: StopAttempt 1/a#1 gang failed"}));
  EXPECT_EQ(h.job(), State::kFailed);
}

TEST(Strangers, AreToldToRegister) {
  Harness h;
  EXPECT_EQ(lines(h.worker("w", protocol::Heartbeat{})),
            (Lines{"peer-of-w: HeartbeatReply again"}));
}

TEST(Strangers, CannotSpeakForOthersRanks) {
  Harness h;
  h.add_worker("w0", 1);
  h.submit(kCommand);
  h.add_worker("w1", 1);
  EXPECT_EQ(lines(h.rank_ended("w1", id_of("a", 1), 0, Failure::kSignal)),
            (Lines{"w1: RankEndedAck 1/a#1"}));
  EXPECT_EQ(lines(h.commit("w1", id_of("a", 1), "result", "d")),
            (Lines{"w1: CommitReply 1/a#1 refused"}));
  EXPECT_EQ(lines(h.rank_ended("w0", id_of("a", 1), 77)), (Lines{"w0: RankEndedAck 1/a#1"}));
}

}  // namespace
}  // namespace orch::coordinator
