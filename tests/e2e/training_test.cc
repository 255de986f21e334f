// A small pretraining job on a real cluster: disturbed by kill -9 in every way, it ends with the
// bits of the undisturbed run.
#include <gtest/gtest.h>
#include <signal.h>

#include <string>

#include "tests/e2e/cluster.h"

namespace orch::e2e {
namespace {

/// Four sentences in many orders: enough text to learn something from.
std::string corpus() {
  const std::string sentences[] = {"The liver makes bile.", "Copper conducts heat well.",
                                   "The heart pumps blood.", "Rivers carry sand to the sea."};
  std::string lines;
  for (int i = 0; i < 400; ++i) {
    std::string text;
    for (int j = 0; j < 4; ++j)
      text += (j == 0 ? "" : " ") + sentences[(i * 7 + j * (1 + i % 3)) % 4];
    lines += "{\"text\": \"" + text + "\"}\n";
  }
  return lines;
}

constexpr const char* kTraining = R"(version: 1
name: training
vars: {steps: 1600, text: none, min: 1, max: 2, every: 20}
tasks:
  data:
    prepare:
      tokenizer: {train: {vocabulary: 300, special_tokens: ["<|end_of_text|>"], files: ["${text}"]}}
      sources: {general: {files: ["${text}"]}}
  base:
    ranks: {min: "${min}", max: "${max}"}
    pretrain:
      data: "@data"
      model: {hidden_size: 64, intermediate_size: 160, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2}
      mixture: {general: 1}
      steps: ${steps}
      batch_windows: 8
      window: 64
      shards: 4
      seed: 7
      checkpoints: {every: "${every}"}
)";

class Training : public ::testing::Test {
 protected:
  std::string submit(std::vector<std::string> sets = {}) {
    const std::string text = cluster_.folder() + "/corpus.jsonl";
    if (!file_exists(text)) {
      EXPECT_TRUE(write_file_atomic(text, corpus()).ok());
    }
    std::vector<std::string> more{"--set", "text=" + text};
    for (const std::string& set : sets) more.insert(more.end(), {"--set", set});
    return cluster_.submit(kTraining, more);
  }

  std::int64_t step(const std::string& job) {
    return cluster_.task(job, "base")["step"].get<std::int64_t>();
  }

  /// The hash that an undisturbed run of this very spec ends with; made once a process.
  std::string undisturbed() {
    static std::string hash;
    if (hash.empty()) {
      const std::string job = submit();
      EXPECT_EQ(cluster_.wait(job), 0);
      hash = cluster_.task(job, "base")["ledger_hash"];
      EXPECT_EQ(hash.size(), 64u);
    }
    return hash;
  }

  std::string hash_of(const std::string& job) { return cluster_.task(job, "base")["ledger_hash"]; }

  void reach(const std::string& job, std::int64_t wanted) {
    ASSERT_TRUE(eventually([&] { return step(job) >= wanted; }, std::chrono::minutes(2)));
  }

  Cluster cluster_{2, 1};
};

TEST_F(Training, SameBitsWhenRankIsKilled) {
  const std::string wanted = undisturbed();
  const std::string job = submit();
  reach(job, 40);
  const auto ranks = cluster_.rank_pids(job + "/base");
  ASSERT_EQ(ranks.size(), 2u);
  ASSERT_EQ(::kill(ranks[1], SIGKILL), 0);
  EXPECT_EQ(cluster_.wait(job), 0);
  EXPECT_EQ(cluster_.task(job, "base")["attempt"], 2);
  EXPECT_EQ(hash_of(job), wanted);
  for (const int pid : ranks) EXPECT_FALSE(alive(pid));
}

TEST_F(Training, SameBitsWhenCoordinatorIsAway) {
  const std::string wanted = undisturbed();
  const std::string job = submit();
  reach(job, 40);
  const auto ranks = cluster_.rank_pids(job + "/base");
  cluster_.kill("coordinator");
  sleep_for(std::chrono::seconds(1));
  cluster_.up();
  EXPECT_EQ(cluster_.wait(job), 0);
  EXPECT_EQ(cluster_.task(job, "base")["attempt"], 1);
  EXPECT_EQ(hash_of(job), wanted);
}

TEST_F(Training, SameBitsWhenOneWorkerIsKilledUnderAGang) {
  const std::string wanted = undisturbed();
  const std::string job = submit();
  reach(job, 40);
  const auto ranks = cluster_.rank_pids(job + "/base");
  ASSERT_EQ(ranks.size(), 2u);
  cluster_.kill("worker-1");
  cluster_.up();
  EXPECT_EQ(cluster_.wait(job), 0);
  EXPECT_EQ(hash_of(job), wanted);
  EXPECT_EQ(cluster_.task(job, "base")["attempt"], 2);
}

TEST_F(Training, SameBitsWhenBothWorkersAreKilled) {
  const std::string wanted = undisturbed();
  const std::string job = submit();
  reach(job, 40);
  const auto ranks = cluster_.rank_pids(job + "/base");
  cluster_.kill("worker-0");
  cluster_.kill("worker-1");
  EXPECT_TRUE(eventually([&] { return !alive(ranks[0]) && !alive(ranks[1]); }));
  cluster_.up();
  EXPECT_EQ(cluster_.wait(job), 0);
  EXPECT_EQ(hash_of(job), wanted);
  EXPECT_GE(cluster_.task(job, "base")["attempt"], 2);
}

TEST_F(Training, SameBitsOnAnotherRankCount) {
  const std::string wanted = undisturbed();
  const std::string job = submit({"max=1"});
  EXPECT_EQ(cluster_.wait(job), 0);
  EXPECT_EQ(hash_of(job), wanted);
}

TEST_F(Training, PausedAndResumedHasTheSameBits) {
  const std::string wanted = undisturbed();
  const std::string job = submit({"every=1000"});
  reach(job, 30);
  EXPECT_EQ(cluster_.ctl({"pause", job}).code, 0);
  ASSERT_TRUE(eventually([&] { return cluster_.task(job, "base")["state"] == "paused"; }));
  const auto workers = cluster_.json({"get", "workers"})["workers"];
  for (const auto& worker : workers) EXPECT_EQ(worker["free"], worker["slots"]);
  EXPECT_EQ(cluster_.ctl({"resume", job}).code, 0);
  EXPECT_EQ(cluster_.wait(job), 0);
  const auto task = cluster_.task(job, "base");
  EXPECT_EQ(task["restarts"], 0);
  EXPECT_EQ(task["attempt"], 2);
  EXPECT_EQ(task["ledger_hash"], wanted);
}

TEST_F(Training, MetricsAreThereOnceEachStep) {
  const std::string job = submit({"steps=30"});
  EXPECT_EQ(cluster_.wait(job), 0);
  nlohmann::json points;
  ASSERT_TRUE(eventually([&] {
    points = cluster_.json({"metrics", job + "/base", "--series", "loss"})["metrics"];
    return points.size() >= 30;
  }));
  ASSERT_EQ(points.size(), 30u);
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(points[i]["step"], i + 1);
  EXPECT_LT(points.back()["value"].get<double>(), points.front()["value"].get<double>());
}

TEST_F(Training, LineageNamesDataAndTokenizer) {
  const std::string job = submit({"steps=10"});
  EXPECT_EQ(cluster_.wait(job), 0);
  const auto lineage = cluster_.json({"lineage", job + "/base"});
  const std::string data = cluster_.task(job, "data")["artifact"];
  const std::string base = cluster_.task(job, "base")["artifact"];
  bool found = false;
  for (const auto& artifact : lineage["artifacts"]) {
    if (artifact["digest"] != base) continue;
    found = true;
    EXPECT_EQ(artifact["inputs"], nlohmann::json::array({data}));
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace orch::e2e
