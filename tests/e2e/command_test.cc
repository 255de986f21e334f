// Command jobs on a real cluster: what users see, and what survives kill -9.
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "tests/e2e/cluster.h"

namespace orch::e2e {
namespace {

/// Two ranks that write one file each.
constexpr const char* kHello = R"(version: 1
name: hello
tasks:
  hello:
    ranks: 2
    command:
      argv: ["/bin/sh", "-c", "echo $ORCH_RANK of $ORCH_RANKS; echo $RANK > $ORCH_OUT/who.$ORCH_RANK"]
)";

/// Counts to COUNT, a tenth of a second each; starts over when it is started over.
std::string counting(int count, int ranks = 1) {
  return R"(version: 1
name: counting
tasks:
  count:
    ranks: )" +
         std::to_string(ranks) + R"(
    command:
      argv: ["/bin/sh", "-c", "i=0; while [ $i -lt )" +
         std::to_string(count) +
         R"( ]; do i=$((i+1)); echo line $i; sleep 0.1; done; echo $i > $ORCH_OUT/count.$ORCH_RANK"]
)";
}

bool is_running(const Cluster& cluster, const std::string& job_task) {
  return !cluster.rank_pids(job_task).empty();
}

TEST(Command, RunsRanksKeepsLogsAndArtifact) {
  Cluster cluster;
  const std::string job = cluster.submit(kHello);
  EXPECT_EQ(cluster.wait(job), 0);
  const auto task = cluster.task(job, "hello");
  EXPECT_EQ(task["state"], "succeeded");
  EXPECT_EQ(task["attempt"], 1);
  EXPECT_EQ(task["artifact"].get<std::string>().size(), 64u);
  const std::string copy = cluster.folder() + "/copy";
  EXPECT_EQ(cluster.ctl({"export", job + "/hello", copy}).code, 0);
  EXPECT_EQ(*read_file(copy + "/who.0"), "0\n");
  EXPECT_EQ(*read_file(copy + "/who.1"), "1\n");
  ASSERT_TRUE(eventually([&] {
    const std::string logs = cluster.ctl({"logs", job + "/hello"}).out;
    return logs.find("0 of 2") != std::string::npos && logs.find("1 of 2") != std::string::npos;
  }));
}

TEST(Command, DownLeavesNothingRunning) {
  std::string home;
  {
    Cluster cluster;
    home = cluster.home();
    const std::string job = cluster.submit(counting(1000, 2));
    ASSERT_TRUE(eventually([&] { return is_running(cluster, job + "/count"); }));
    const auto ranks = cluster.rank_pids(job + "/count");
    EXPECT_EQ(cluster.ctl({"down"}).code, 0);
    for (const int pid : ranks) EXPECT_FALSE(alive(pid));
    EXPECT_FALSE(alive(cluster.pid("coordinator")));
  }
  EXPECT_TRUE(processes_of(home).empty());
}

TEST(Command, SurvivesKilledCoordinator) {
  Cluster cluster;
  const std::string job = cluster.submit(counting(60));
  ASSERT_TRUE(eventually([&] { return is_running(cluster, job + "/count"); }));
  const int rank = cluster.rank_pids(job + "/count").front();
  cluster.kill("coordinator");
  sleep_for(std::chrono::seconds(2));
  EXPECT_TRUE(alive(rank)) << "ranks go on without a coordinator";
  cluster.up();
  EXPECT_EQ(cluster.wait(job), 0);
  EXPECT_EQ(cluster.task(job, "count")["attempt"], 1);
  const std::string logs = cluster.ctl({"logs", job, "-f"}).out;
  for (int i = 1; i <= 60; ++i) {
    const std::string line = "| line " + std::to_string(i) + "\n";
    const std::size_t first = logs.find(line);
    EXPECT_NE(first, std::string::npos) << line;
    EXPECT_EQ(logs.find(line, first + 1), std::string::npos) << "twice: " << line;
  }
}

TEST(Command, RestartsGangWhenRankIsKilled) {
  Cluster cluster;
  const std::string job = cluster.submit(counting(30, 2));
  ASSERT_TRUE(eventually([&] { return is_running(cluster, job + "/count"); }));
  const auto ranks = cluster.rank_pids(job + "/count");
  ASSERT_EQ(ranks.size(), 2u);
  ASSERT_EQ(::kill(ranks[0], SIGKILL), 0);
  EXPECT_EQ(cluster.wait(job), 0);
  EXPECT_EQ(cluster.task(job, "count")["attempt"], 2);
  EXPECT_FALSE(alive(ranks[1]));
  const auto attempts = cluster.attempts(job + "/count");
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0]["state"], "failed");
  EXPECT_EQ(attempts[0]["failure"], "signal");
}

TEST(Command, RestartsWhenWorkerIsKilled) {
  Cluster cluster;
  const std::string job = cluster.submit(counting(30));
  ASSERT_TRUE(eventually([&] { return is_running(cluster, job + "/count"); }));
  const int rank = cluster.rank_pids(job + "/count").front();
  const std::string worker = cluster.attempts(job + "/count")[0]["ranks"][0]["worker"];
  cluster.kill(worker);
  EXPECT_TRUE(eventually([&] { return !alive(rank); })) << "ranks die with their worker";
  EXPECT_EQ(cluster.wait(job), 0);
  EXPECT_EQ(cluster.task(job, "count")["attempt"], 2);
}

TEST(Command, ExitCodeIsNotRetriedByDefault) {
  Cluster cluster;
  const std::string job = cluster.submit(
      "version: 1\nname: bad\ntasks:\n  bad:\n    command: {argv: [\"/bin/sh\", \"-c\", \"exit "
      "3\"]}\n"
      "  after:\n    needs: [bad]\n    command: {argv: [\"/bin/true\"]}\n");
  EXPECT_EQ(cluster.wait(job), 1);
  EXPECT_EQ(cluster.task(job, "bad")["state"], "failed");
  EXPECT_EQ(cluster.task(job, "bad")["attempt"], 1);
  EXPECT_EQ(cluster.task(job, "after")["state"], "cancelled");
}

TEST(Command, CancelEndsDescendants) {
  Cluster cluster;
  const std::string job = cluster.submit(
      "version: 1\nname: tree\ntasks:\n  tree:\n    grace: 1s\n    command: {argv: [\"/bin/sh\", "
      "\"-c\", "
      "\"trap '' TERM; (setsid sleep 1000 &); sleep 1000 & wait\"]}\n");
  ASSERT_TRUE(eventually([&] { return is_running(cluster, job + "/tree"); }));
  EXPECT_EQ(cluster.ctl({"cancel", job}).code, 0);
  EXPECT_EQ(cluster.wait(job), 1);
  EXPECT_EQ(cluster.task(job, "tree")["state"], "cancelled");
  const auto left = [&] {
    std::set<int> pids;
    for (const int pid : processes_of(cluster.home())) {
      const std::string command = read_file("/proc/" + std::to_string(pid) + "/cmdline").ok()
                                      ? *read_file("/proc/" + std::to_string(pid) + "/cmdline")
                                      : "";
      if (command.starts_with("sleep")) pids.insert(pid);
    }
    return pids;
  };
  EXPECT_TRUE(eventually([&] { return left().empty(); }));
}

TEST(Command, AcknowledgedSubmissionsSurviveKills) {
  Cluster cluster(1, 1);
  const std::string spec = cluster.write_spec(
      "version: 1\nname: tiny\ntasks:\n  t:\n    command: {argv: [\"/bin/true\"]}\n");
  std::set<std::string> acknowledged;
  int sent = 0;
  for (int kill = 0; kill < 5; ++kill) {
    for (int i = 0; i < 6; ++i) {
      if (i == kill) cluster.kill("coordinator");
      const std::string id = "request-" + std::to_string(sent++);
      const Outcome outcome =
          cluster.ctl({"submit", spec, "--request-id", id, "--timeout", "300ms"});
      if (outcome.code == 0) acknowledged.insert(outcome.out.substr(0, outcome.out.find('\n')));
      if (outcome.code != 0) {
        EXPECT_EQ(outcome.code, 4) << outcome.err;
        cluster.up();
        const Outcome again = cluster.ctl({"submit", spec, "--request-id", id});
        ASSERT_EQ(again.code, 0) << again.err;
        acknowledged.insert(again.out.substr(0, again.out.find('\n')));
      }
    }
  }
  EXPECT_EQ(acknowledged.size(), static_cast<std::size_t>(sent)) << "no number was given twice";
  const auto jobs = cluster.json({"get", "jobs"})["jobs"];
  std::multiset<std::string> listed;
  for (const auto& job : jobs) listed.insert(std::to_string(job["job"].get<std::uint64_t>()));
  EXPECT_EQ(listed.size(), static_cast<std::size_t>(sent)) << "no submission is there twice";
  for (const std::string& job : acknowledged) EXPECT_EQ(listed.count(job), 1u) << job;
}

TEST(Command, RepeatedRequestIdReturnsTheSameJob) {
  Cluster cluster(1, 1);
  const std::string first = cluster.submit(kHello, {"--request-id", "x1"});
  EXPECT_EQ(cluster.submit(kHello, {"--request-id", "x1"}), first);
  const std::string other = cluster.write_spec(
      "version: 1\nname: other\ntasks:\n  t:\n    command: {argv: [\"/bin/true\"]}\n");
  EXPECT_EQ(cluster.ctl({"submit", other, "--request-id", "x1"}).code, 2);
}

TEST(Command, ExplainNamesEveryReason) {
  Cluster cluster(1, 1);
  const std::string running = cluster.submit(counting(600));
  ASSERT_TRUE(eventually([&] { return is_running(cluster, running + "/count"); }));
  const std::string waiting = cluster.submit(
      "version: 1\nname: two\ntasks:\n  a:\n    command: {argv: [\"/bin/true\"]}\n  b:\n    needs: "
      "[a]\n    ranks: 9\n"
      "    command: {argv: [\"/bin/true\"]}\n");
  const auto explained = cluster.json({"explain", waiting});
  EXPECT_EQ(explained["state"], "waiting");
  std::set<std::string> tasks;
  for (const auto& reason : explained["reasons"]) {
    tasks.insert(reason["task"]);
    EXPECT_FALSE(reason["reason"].get<std::string>().empty());
    EXPECT_FALSE(reason["change"].get<std::string>().empty());
  }
  EXPECT_EQ(tasks, (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(cluster.ctl({"cancel", running}).code, 0);
}

TEST(Command, ErrorsSayWhatToTypeNext) {
  Cluster cluster(1, 1);
  const Outcome missing = cluster.ctl({"describe", "99"});
  EXPECT_EQ(missing.code, 3);
  EXPECT_TRUE(missing.err.starts_with("error: ")) << missing.err;
  EXPECT_NE(missing.err.find("  try: "), std::string::npos) << missing.err;
  const std::string broken =
      cluster.write_spec("version: 1\nname: x\ntasks:\n  t:\n    comand: {argv: [a]}\n");
  const Outcome refused = cluster.ctl({"submit", broken});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find(":5:"), std::string::npos) << refused.err;
  EXPECT_NE(refused.err.find("command"), std::string::npos) << refused.err;
  const Outcome away = run_program(
      {"orchctl", "--home", cluster.folder() + "/nothing", "--timeout", "300ms", "get", "jobs"});
  EXPECT_EQ(away.code, 4) << away.err;
  EXPECT_EQ(run_program({"orchctl", "frobnicate"}).code, 2);
}

}  // namespace
}  // namespace orch::e2e
