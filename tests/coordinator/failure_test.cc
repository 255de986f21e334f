// Failure classes, budget, backoff, lost workers, fencing, cancel, pause, retry.

#include <gtest/gtest.h>

#include "coordinator/timing.h"
#include "tests/coordinator/harness.h"

namespace orch::coordinator {
namespace {

using protocol::ControlVerb;
using protocol::Failure;
using protocol::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kCommand = "  a: {command: {argv: [\"/bin/true\"]}}\n";
constexpr const char* kPair = "  a: {ranks: 2, command: {argv: [\"/bin/true\"]}}\n";
constexpr const char* kTraining = "  a: {checkpoint: {from: /models/base, action: verify}}\n";

protocol::Control control(ControlVerb verb, const std::string& name = "1") { return {verb, name}; }

/// A gang on two workers whose rank 0 only says that it missed its peer; the worker of rank 1.
std::string pair_that_missed_its_second(Harness& h) {
  h.add_worker("w0", 1);
  h.add_worker("w1", 1);
  h.submit(kPair);
  const std::string first = h.attempt("a", 1).ranks[0].place.worker;
  const std::string second = h.attempt("a", 1).ranks[1].place.worker;
  h.rank_ended(first, id_of("a", 1), 0, protocol::Failure::kWorkerLost);
  return second;
}

TEST(Failure, ARankThatOnlyMissedAPeerWaitsForTheCulprit) {
  Harness h;
  const std::string second = pair_that_missed_its_second(h);
  EXPECT_FALSE(h.attempt("a", 1).over()) << "the peer that is gone says what happened";
  h.rank_ended(second, id_of("a", 1), 1, protocol::Failure::kNumeric);
  EXPECT_EQ(h.attempt("a", 1).failure, protocol::Failure::kNumeric);
  EXPECT_EQ(h.task("a").state, protocol::State::kFailed);
}

TEST(Failure, AGangWhoseWorkerVanishedUnderItIsStartedAgain) {
  Harness h;
  const std::string second = pair_that_missed_its_second(h);
  h.add_worker(second, 1, 2);  // a new incarnation: what ran there is gone
  EXPECT_EQ(h.attempt("a", 1).failure, protocol::Failure::kWorkerLost);
  EXPECT_EQ(h.task("a").state, protocol::State::kWaiting);
  EXPECT_EQ(h.task("a").restarts, 1);
}

TEST(Backoff, DoublesUpToItsLimit) {
  EXPECT_EQ(backoff(0), milliseconds(500));
  EXPECT_EQ(backoff(1), seconds(1));
  EXPECT_EQ(backoff(6), seconds(30));
  EXPECT_EQ(backoff(1000), seconds(30));
}

TEST(Failure, OfOneRankEndsTheGangAndKillsTheOthers) {
  Harness h;
  h.add_worker("w0", 1);
  h.add_worker("w1", 1);
  h.submit(kPair);
  EXPECT_EQ(lines(h.rank_ended("w1", id_of("a", 1), 1, Failure::kSignal)),
            (Lines{"record RankGone 1/a#1 1 signal",
                   "record AttemptEnded 1/a#1 failed, task waiting", "w1: RankEndedAck 1/a#1",
                   "w0: StopAttempt 1/a#1 gang failed", "w1: StopAttempt 1/a#1 gang failed"}));
  EXPECT_EQ(h.task("a").restarts, 1);
  EXPECT_EQ(h.task("a").suspect, "w1");
}

TEST(Failure, RestartWaitsForTheDevicesAndForTheBackoff) {
  Harness h;
  h.add_worker("w0", 2);
  h.add_worker("w1", 2);
  h.submit(kPair);
  const AttemptId first = id_of("a", 1);
  const std::string on = h.attempt("a", 1).ranks[0].place.worker;
  h.rank_ended(on, first, 0, Failure::kSignal);
  h.tick(seconds(2), {"w0", "w1"});
  EXPECT_EQ(h.task("a").attempts.size(), 1u) << "processes of the first attempt may still run";
  h.released(on, first);
  EXPECT_EQ(h.task("a").attempts.size(), 2u);
  EXPECT_NE(h.attempt("a", 2).ranks[0].place.worker, on) << "away from the suspect";
}

TEST(Failure, BackoffIsKept) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.rank_ended("w", id_of("a", 1), 0, Failure::kSignal);
  EXPECT_EQ(lines(h.released("w", id_of("a", 1))),
            (Lines{"record WorkerReleased 1/a#1 w", "w: ReleasedAck 1/a#1"}));
  EXPECT_EQ(lines(h.tick(milliseconds(499))), Lines{});
  EXPECT_EQ(lines(h.tick(milliseconds(1))),
            (Lines{"record AttemptStarted 1/a#2", "w: StartRanks 1/a#2 x1"}));
}

TEST(Failure, BudgetCountsRestartsOfTheGang) {
  Harness h;
  h.add_worker("w", 1);
  h.submit("  a: {retry: {limit: 2}, command: {argv: [\"/bin/true\"]}}\n");
  for (std::uint64_t n = 1; n <= 3; ++n) {
    ASSERT_EQ(h.task("a").attempts.size(), n);
    h.rank_ended("w", id_of("a", n), 0, Failure::kSignal);
    h.released("w", id_of("a", n));
    h.tick(seconds(4), {"w"});
  }
  EXPECT_EQ(h.task("a").state, State::kFailed);
  EXPECT_EQ(h.task("a").attempts.size(), 3u);
}

struct ClassCase {
  Failure failure;
  const char* retry;
  State task;
};
class FailureClass : public testing::TestWithParam<ClassCase> {};

TEST_P(FailureClass, DecidesAboutTheNextAttempt) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(std::string("  a: {retry: {limit: 3, on: [") + GetParam().retry +
           "]}, command: {argv: [\"/bin/true\"]}}\n");
  h.rank_ended("w", id_of("a", 1), 0, GetParam().failure);
  EXPECT_EQ(h.task("a").state, GetParam().task) << protocol::failure_name(GetParam().failure);
  EXPECT_EQ(h.attempt("a", 1).failure, GetParam().failure);
}

INSTANTIATE_TEST_SUITE_P(
    All, FailureClass,
    testing::Values(ClassCase{Failure::kSignal, "infrastructure", State::kWaiting},
                    ClassCase{Failure::kStart, "infrastructure", State::kWaiting},
                    ClassCase{Failure::kExit, "infrastructure", State::kFailed},
                    ClassCase{Failure::kExit, "infrastructure, exit", State::kWaiting},
                    ClassCase{Failure::kSignal, "exit", State::kFailed},
                    ClassCase{Failure::kOutOfMemory, "infrastructure, exit", State::kFailed},
                    ClassCase{Failure::kSpec, "infrastructure, exit", State::kFailed},
                    ClassCase{Failure::kNumeric, "infrastructure, exit", State::kFailed}));

TEST(SilentWorker, LosesItsAttemptsAfterFiveSeconds) {
  Harness h;
  h.add_worker("w0", 1);
  h.submit(kCommand);
  h.worker("w0", protocol::RankStarted{id_of("a", 1), 0, 42});
  EXPECT_EQ(lines(h.tick(milliseconds(4999))), Lines{});
  EXPECT_EQ(lines(h.tick(milliseconds(1))),
            (Lines{"record WorkerSilent w0", "record AttemptEnded 1/a#1 lost, task waiting",
                   "w0: StopAttempt 1/a#1 gang failed"}));
  EXPECT_EQ(h.attempt("a", 1).failure, Failure::kWorkerLost);
}

TEST(SilentWorker, IsReplacedElsewhereAndGetsNothingNewUntilItReleased) {
  Harness h;
  h.add_worker("w0", 1);
  h.submit(kCommand);
  h.add_worker("w1", 1);
  h.tick(seconds(6), {"w1"});
  h.tick(seconds(1), {"w1"});
  ASSERT_EQ(h.task("a").attempts.size(), 2u);
  EXPECT_EQ(h.attempt("a", 2).ranks[0].place.worker, "w1");
  h.submit(kCommand);
  EXPECT_TRUE(h.task("a", 2).attempts.empty()) << "w0 is silent";
  protocol::Heartbeat heartbeat{"w0", 1, 9, {{id_of("a", 1), {0}}}};
  EXPECT_EQ(lines(h.worker("w0", heartbeat)), (Lines{"w0: HeartbeatReply disowns 1/a#1"}));
  EXPECT_TRUE(h.task("a", 2).attempts.empty()) << "w0 is back, its slot is not";
  EXPECT_EQ(lines(h.released("w0", id_of("a", 1))),
            (Lines{"record WorkerReleased 1/a#1 w0", "record AttemptStarted 2/a#1",
                   "w0: ReleasedAck 1/a#1", "w0: StartRanks 2/a#1 x1"}));
}

TEST(SilentWorker, IsNotBlamedForTheCoordinatorsAbsence) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.now += seconds(60);
  h.send(Started{"test", 8, "unused"});
  EXPECT_EQ(lines(h.tick(milliseconds(4900))), Lines{});
  EXPECT_EQ(lines(h.worker("w", protocol::Heartbeat{"w", 1, 1, {}})),
            (Lines{"peer-of-w: HeartbeatReply again"}));
  h.add_worker("w", 1, 1, {{id_of("a", 1), {0}}});
  h.tick(milliseconds(200));
  EXPECT_FALSE(h.attempt("a", 1).over());
}

TEST(RestartedWorker, HasLostItsAttemptsAtOnceAndReleasedThem) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  EXPECT_EQ(
      lines(h.add_worker("w", 1, 2)),
      (Lines{"record AttemptEnded 1/a#1 lost, task waiting", "record WorkerReleased 1/a#1 w",
             "record WorkerRegistered w", "w: StopAttempt 1/a#1 gang failed", "w: RegisterReply"}));
  EXPECT_EQ(h.state.workers.at("w").slots_used, 0);
}

TEST(RestartedWorker, AnOlderDaemonIsRefused) {
  Harness h;
  h.add_worker("w", 1, 5);
  EXPECT_EQ(lines(h.add_worker("w", 1, 4)), (Lines{"peer-of-w: ErrorReply conflict"}));
}

TEST(Register, RepeatedChangesNothing) {
  Harness h;
  h.add_worker("w", 1);
  EXPECT_EQ(lines(h.add_worker("w", 1)), (Lines{"w: RegisterReply"}));
}

TEST(Register, DisownsWhatIsOverOrUnknown) {
  Harness h;
  EXPECT_EQ(lines(h.add_worker("w", 1, 1, {{id_of("ghost", 1, 9), {0}}})),
            (Lines{"record WorkerRegistered w", "w: RegisterReply disowns 9/ghost#1"}));
}

TEST(Cancel, StopsWhatRunsAndCancelsWhatNeedsIt) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(
      "  a: {command: {argv: [\"/bin/true\"]}}\n"
      "  b: {needs: [a], command: {argv: [\"/bin/true\"]}}\n");
  EXPECT_EQ(lines(h.client(control(ControlVerb::kCancel))),
            (Lines{"record AttemptStopping 1/a#1", "record TaskChanged 1/b cancelled",
                   "w: StopAttempt 1/a#1 cancel", "client: ControlReply running, stopping"}));
  EXPECT_EQ(lines(h.client(control(ControlVerb::kCancel))),
            (Lines{"client: ControlReply running, stopping"}));
  EXPECT_EQ(
      lines(h.rank_ended("w", id_of("a", 1), 0, Failure::kCancelled)),
      (Lines{"record RankGone 1/a#1 0 cancelled",
             "record AttemptEnded 1/a#1 cancelled, task cancelled", "w: RankEndedAck 1/a#1"}));
  EXPECT_EQ(h.job(), State::kCancelled);
}

TEST(Cancel, ThatOvertookTheStartEndsWithTheRelease) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.client(control(ControlVerb::kCancel));
  EXPECT_EQ(lines(h.released("w", id_of("a", 1))),
            (Lines{"record RankGone 1/a#1 0 cancelled", "record WorkerReleased 1/a#1 w",
                   "record AttemptEnded 1/a#1 cancelled, task cancelled", "w: ReleasedAck 1/a#1"}));
}

TEST(Cancel, IsRepeatedUntilTheRelease) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.client(control(ControlVerb::kCancel));
  EXPECT_EQ(lines(h.tick(seconds(1), {"w"})), (Lines{"w: StopAttempt 1/a#1 cancel"}));
}

TEST(Pause, StopsAtACheckpointAndResumesWithoutUsingTheBudget) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  const AttemptId id = id_of("a", 1);
  EXPECT_EQ(lines(h.client(control(ControlVerb::kPause))),
            (Lines{"record TaskChanged 1/a running, held", "record AttemptStopping 1/a#1",
                   "w: StopAttempt 1/a#1 pause", "client: ControlReply running, stopping"}));
  EXPECT_EQ(lines(h.commit("w", id, "checkpoint", "c7", 7)),
            (Lines{"record CommitAccepted 1/a#1 checkpoint", "w: CommitReply 1/a#1 accepted"}));
  EXPECT_EQ(lines(h.rank_ended("w", id, 0, Failure::kPaused)),
            (Lines{"record RankGone 1/a#1 0 paused",
                   "record AttemptEnded 1/a#1 paused, task paused", "w: RankEndedAck 1/a#1"}));
  h.released("w", id);
  EXPECT_EQ(h.job(), State::kPaused);
  EXPECT_EQ(lines(h.client(control(ControlVerb::kResume))),
            (Lines{"record TaskChanged 1/a waiting", "record AttemptStarted 1/a#2",
                   "w: StartRanks 1/a#2 x1", "client: ControlReply running"}));
  EXPECT_EQ(h.task("a").restarts, 0);
  EXPECT_EQ(h.attempt("a", 2).resume.step, 7);
}

TEST(Pause, HoldsWhatWaits) {
  Harness h;
  h.submit(kCommand);
  EXPECT_EQ(lines(h.client(control(ControlVerb::kPause))),
            (Lines{"record TaskChanged 1/a paused, held", "client: ControlReply paused"}));
  h.add_worker("w", 1);
  EXPECT_TRUE(h.task("a").attempts.empty());
}

TEST(Pause, OfATaskThatFinishesFirstChangesNothing) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kTraining);
  h.client(control(ControlVerb::kPause));
  h.commit("w", id_of("a", 1), "result", "d", 100);
  h.rank_ended("w", id_of("a", 1), 0);
  EXPECT_EQ(h.job(), State::kSucceeded);
}

TEST(Retry, GivesFailedAndCancelledTasksAFreshBudgetAndKeepsFinishedOnes) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(
      "  a: {command: {argv: [\"/bin/true\"]}}\n"
      "  b: {needs: [a], command: {argv: [\"/bin/true\"]}}\n"
      "  c: {needs: [b], command: {argv: [\"/bin/true\"]}}\n");
  h.finish("w", id_of("a", 1));
  h.rank_ended("w", id_of("b", 1), 0, Failure::kExit);
  h.released("w", id_of("b", 1));
  ASSERT_EQ(h.job(), State::kFailed);
  EXPECT_EQ(lines(h.client(control(ControlVerb::kRetry))),
            (Lines{"record TaskChanged 1/b waiting", "record TaskChanged 1/c waiting",
                   "record AttemptStarted 1/b#2", "w: StartRanks 1/b#2 x1",
                   "client: ControlReply running"}));
  EXPECT_EQ(h.task("a").attempts.size(), 1u);
}

TEST(Retry, OfASucceededJobIsRefused) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(kCommand);
  h.finish("w", id_of("a", 1));
  EXPECT_EQ(lines(h.client(control(ControlVerb::kRetry))), (Lines{"client: ErrorReply conflict"}));
  EXPECT_EQ(lines(h.client(control(ControlVerb::kCancel, "2"))),
            (Lines{"client: ErrorReply not_found"}));
}

TEST(Timeout, StopsTheAttemptAndFailsTheTask) {
  Harness h;
  h.add_worker("w", 1);
  h.submit("  a: {timeout: 3s, command: {argv: [\"/bin/true\"]}}\n");
  h.worker("w", protocol::RankStarted{id_of("a", 1), 0, 42});
  EXPECT_EQ(lines(h.tick(milliseconds(2900))), Lines{});
  EXPECT_EQ(lines(h.tick(milliseconds(100))),
            (Lines{"record AttemptStopping 1/a#1", "w: StopAttempt 1/a#1 timeout"}));
  h.rank_ended("w", id_of("a", 1), 0, Failure::kTimeout);
  EXPECT_EQ(h.attempt("a", 1).failure, Failure::kTimeout);
  EXPECT_EQ(h.job(), State::kFailed);
}

TEST(Timeout, CountsOverARestartOfTheCoordinator) {
  Harness h;
  h.add_worker("w", 1);
  h.submit("  a: {timeout: 10s, command: {argv: [\"/bin/true\"]}}\n");
  h.worker("w", protocol::RankStarted{id_of("a", 1), 0, 42});
  h.now += seconds(8);
  h.send(Started{"test", 8, "unused"});
  h.add_worker("w", 1);
  EXPECT_EQ(lines(h.tick(seconds(2), {"w"})),
            (Lines{"record AttemptStopping 1/a#1", "w: StopAttempt 1/a#1 timeout"}));
}

}  // namespace
}  // namespace orch::coordinator
