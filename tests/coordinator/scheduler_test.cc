// Placement, order, reservation, and explanations of waiting.

#include <gtest/gtest.h>

#include "coordinator/explain.h"
#include "coordinator/placement.h"
#include "tests/coordinator/harness.h"

namespace orch::coordinator {
namespace {

using protocol::State;
using std::chrono::seconds;

std::string command(const std::string& name, const std::string& fields) {
  return "  " + name + ": {" + fields + (fields.empty() ? "" : ", ") +
         "command: {argv: [\"/bin/true\"]}}\n";
}

bool runs(const Harness& h, std::uint64_t job) { return h.task("a", job).state == State::kRunning; }

protocol::Resources each(int cpu, int gpu = 0, std::uint64_t memory_bytes = 0) {
  return {cpu, gpu, memory_bytes};
}

std::string where(const std::vector<Placement>& placed) {
  std::string out;
  for (const Placement& rank : placed) out += rank.worker + " ";
  return out;
}

TEST(Placement, TakesTheTightestRoomThatHoldsTheGang) {
  const std::vector<Room> rooms{{"a", 8, 100, {}}, {"b", 2, 100, {}}, {"c", 4, 100, {}}};
  EXPECT_EQ(where(*place(rooms, each(1), {2, 2}, "")), "b b ");
  EXPECT_EQ(where(*place(rooms, each(1), {3, 3}, "")), "c c c ");
  EXPECT_EQ(place(rooms, each(1), {15, 15}, ""), std::nullopt);
  EXPECT_EQ(place(rooms, each(1), {14, 14}, "")->size(), 14u);
}

TEST(Placement, GivesAsManyRanksAsFit) {
  const std::vector<Room> rooms{{"a", 3, 100, {}}};
  EXPECT_EQ(place(rooms, each(1), {1, 8}, "")->size(), 3u);
  EXPECT_EQ(place(rooms, each(2), {1, 8}, "")->size(), 1u);
}

TEST(Placement, CountsSlotsMemoryAndGpusOfOneWorker) {
  const std::vector<Room> rooms{{"a", 4, 100, {0, 2}}, {"b", 4, 30, {1}}};
  EXPECT_EQ(ranks_that_fit(rooms[0], each(1, 1, 40)), 2);
  EXPECT_EQ(ranks_that_fit(rooms[1], each(1, 1, 40)), 0);
  const auto placed = place(rooms, each(1, 1, 40), {2, 2}, "");
  EXPECT_EQ(placed->at(0).gpus, (std::vector<int>{0}));
  EXPECT_EQ(placed->at(1).gpus, (std::vector<int>{2}));
  EXPECT_EQ(place(rooms, each(5), {1, 1}, ""), std::nullopt) << "a rank never spans workers";
}

TEST(Placement, AvoidsTheSuspectOnlyWherePossible) {
  const std::vector<Room> rooms{{"a", 1, 100, {}}, {"b", 1, 100, {}}};
  EXPECT_EQ(where(*place(rooms, each(1), {1, 1}, "a")), "b ");
  EXPECT_EQ(place(rooms, each(1), {2, 2}, "a")->size(), 2u);
}

TEST(Scheduler, GoesByPriorityThenByAge) {
  Harness h;
  h.submit(command("a", ""));
  h.submit(command("a", ""));
  h.submit(command("a", ""), "priority: 5\n");
  h.add_worker("w", 1);
  EXPECT_TRUE(runs(h, 3));
  h.finish("w", id_of("a", 1, 3));
  EXPECT_TRUE(runs(h, 1));
  EXPECT_FALSE(runs(h, 2));
}

TEST(Scheduler, LargeGangsAreNotStarvedBySmallTasks) {
  Harness h;
  h.add_worker("w", 2);
  h.submit(command("a", ""));          // takes one slot
  h.submit(command("a", "ranks: 2"));  // waits for both
  h.submit(command("a", ""));          // would fit, but would delay it
  EXPECT_FALSE(runs(h, 3));
  h.finish("w", id_of("a", 1, 1));
  EXPECT_TRUE(runs(h, 2));
}

TEST(Scheduler, SmallTasksFillRoomThatTheGangCannotUse) {
  Harness h;
  h.add_worker("big", 4);
  h.add_worker("small", 1);
  h.submit(command("a", ""));                     // tightest room: small
  h.submit(command("a", "resources: {cpu: 3}"));  // big
  h.submit(command("a", "resources: {cpu: 4}"));  // waits for big
  h.submit(command("a", ""));                     // must not take big's last slot
  EXPECT_EQ(h.attempt("a", 1, 1).ranks[0].place.worker, "small");
  EXPECT_FALSE(runs(h, 4));
  h.finish("small", id_of("a", 1, 1));
  EXPECT_TRUE(runs(h, 4)) << "small is of no use to the gang";
  EXPECT_FALSE(runs(h, 3));
}

TEST(Scheduler, WhatNeverFitsBlocksNobody) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(command("a", "ranks: 50"));
  h.submit(command("a", ""));
  EXPECT_TRUE(runs(h, 2));
}

TEST(Scheduler, ElasticGangsStartSmaller) {
  Harness h;
  h.add_worker("w", 3);
  h.submit(command("a", ""));
  h.submit(command("a", "ranks: {min: 1, max: 4}"));
  EXPECT_EQ(h.attempt("a", 1, 2).ranks.size(), 2u);
}

TEST(Scheduler, ElasticGangsWaitForDevicesThatAreBeingReleased) {
  Harness h;
  h.add_worker("w", 2);
  h.submit(command("a", ""));
  h.rank_ended("w", id_of("a", 1), 0, protocol::Failure::kExit);
  h.submit(command("a", "ranks: {min: 1, max: 2}"));
  EXPECT_TRUE(h.task("a", 2).attempts.empty()) << "a second slot is about to come free";
  h.released("w", id_of("a", 1));
  EXPECT_EQ(h.attempt("a", 1, 2).ranks.size(), 2u);
}

std::string reasons(Harness& h, const std::string& job) {
  const Effects effects = h.client(protocol::Explain{job});
  const auto* reply = std::get_if<protocol::ExplainReply>(&effects.to_clients.at(0).reply);
  if (!reply) return "no explanation";
  std::string out;
  for (const auto& reason : reply->reasons) {
    out += reason.task + ": " + reason.reason + " -> " + reason.change + "\n";
  }
  return out + "start: " + reply->estimated_start + "\n";
}

TEST(Explain, NamesEveryReason) {
  Harness h;
  h.submit(command("a", "ranks: 2") + command("b", "needs: [a]"));
  EXPECT_NE(reasons(h, "1").find("no worker has registered -> orchctl up"), std::string::npos);
  EXPECT_NE(reasons(h, "1").find("b: needs a, which is waiting"), std::string::npos);
  h.add_worker("w", 1);
  EXPECT_NE(reasons(h, "1").find("too big: wants 2 ranks of 1 slot"), std::string::npos);
  EXPECT_NE(reasons(h, "1").find("start: unknown: it does not fit"), std::string::npos);
}

TEST(Explain, NamesTheTightResourceAndWhoHoldsIt) {
  Harness h;
  h.add_worker("w", 2);
  h.submit(command("a", "resources: {memory: 7GiB}"));
  h.submit(command("a", "resources: {memory: 2GiB}"));
  const std::string text = reasons(h, "2");
  EXPECT_NE(text.find("w has 1024 MiB free memory"), std::string::npos) << text;
  EXPECT_NE(text.find("starts when running tasks end: 1/a"), std::string::npos) << text;
  EXPECT_NE(text.find("start: unknown: 1/a reports no progress"), std::string::npos) << text;
  h.submit(command("a", "resources: {memory: 100GiB}"));
  EXPECT_NE(reasons(h, "3").find("too big: a rank wants 102400 MiB of memory"), std::string::npos);
  h.submit(command("a", "resources: {gpu: 1}"));
  EXPECT_NE(reasons(h, "4").find("a rank wants 1 GPU"), std::string::npos);
}

TEST(Explain, NamesWhoIsBefore) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(command("a", ""));
  h.submit(command("a", ""));
  h.submit(command("a", ""));
  EXPECT_NE(reasons(h, "3").find("behind 2/a (priority 0)"), std::string::npos);
}

TEST(Explain, NamesPausesBackoffsAndSilentWorkers) {
  Harness h;
  h.add_worker("w", 1);
  h.submit(command("a", ""));
  h.rank_ended("w", id_of("a", 1), 0, protocol::Failure::kSignal);
  std::string text = reasons(h, "1");
  EXPECT_NE(text.find("waits after a failure: rank 0 on w: signal"), std::string::npos) << text;
  EXPECT_NE(text.find("processes of attempt 1 may still run on w"), std::string::npos) << text;
  h.tick(seconds(6));
  text = reasons(h, "1");
  EXPECT_NE(text.find("w is silent; its 1 slots are not offered"), std::string::npos) << text;
  h.client(protocol::Control{protocol::ControlVerb::kPause, "1"});
  EXPECT_NE(reasons(h, "1").find("paused -> orchctl resume 1"), std::string::npos);
}

TEST(Explain, EstimatesFromTheProgressOfRunningTasks) {
  Harness h;
  h.add_worker("w", 1);
  h.submit("  a: {checkpoint: {from: /models/base, action: verify}}\n");
  h.submit(command("a", ""));
  h.now += seconds(10);
  h.commit("w", id_of("a", 1), "progress", "", 50);  // of 100
  EXPECT_NE(reasons(h, "2").find("start: in about 10"), std::string::npos) << reasons(h, "2");
}

TEST(List, ShowsWhatScriptsRelyOn) {
  Harness h;
  h.add_worker("w", 2);
  h.submit(command("a", ""));
  const auto list = [&](protocol::ListKind kind, const std::string& name) {
    const Effects effects = h.client(protocol::List{kind, name});
    const auto* reply = std::get_if<protocol::ListReply>(&effects.to_clients.at(0).reply);
    return reply ? *reply : protocol::ListReply{};
  };
  EXPECT_EQ(list(protocol::ListKind::kJobs, "").jobs.at(0).state, State::kRunning);
  EXPECT_EQ(list(protocol::ListKind::kTasks, "job").tasks.at(0).attempt, 1u);
  EXPECT_EQ(list(protocol::ListKind::kAttempts, "1/a").attempts.at(0).ranks.at(0).worker, "w");
  EXPECT_EQ(list(protocol::ListKind::kWorkers, "").workers.at(0).free, 1);
  EXPECT_EQ(list(protocol::ListKind::kSpec, "1").spec.substr(0, 10), "version: 1");
  EXPECT_FALSE(list(protocol::ListKind::kEvents, "1").events.empty());
  h.finish("w", id_of("a", 1));
  EXPECT_EQ(list(protocol::ListKind::kArtifacts, "out-of-1/a").artifacts.size(), 1u);
  EXPECT_EQ(list(protocol::ListKind::kArtifacts, "1").artifacts.size(), 1u);
  EXPECT_EQ(lines(h.client(protocol::List{protocol::ListKind::kTasks, "jab"})),
            (Lines{"client: ErrorReply not_found"}));
}

}  // namespace
}  // namespace orch::coordinator
