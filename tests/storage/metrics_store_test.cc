// Logs and metrics, over both forms of KeyValues; the lane in its thread.

#include "storage/metrics_store.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "base/file.h"
#include "storage/key_values_memory.h"
#include "storage/metrics_lane.h"

namespace orch::storage {
namespace {

AttemptId id_of(const std::string& task, std::uint64_t attempt) {
  return {{JobId{1}, task}, Attempt{attempt}};
}

class MetricsStoreContract : public testing::TestWithParam<bool> {
 protected:
  MetricsStoreContract() {
    std::unique_ptr<KeyValues> values;
    if (GetParam()) {
      auto opened = open_rocksdb(folder_.path() + "/db");
      EXPECT_TRUE(opened.ok());
      values = std::move(*opened);
    } else {
      values = std::make_unique<MemoryKeyValues>();
    }
    store_ = std::make_unique<MetricsStore>(std::move(values));
  }
  LogEnd log(const AttemptId& id, int rank, std::uint64_t offset, const std::string& bytes,
             bool closed = false) {
    auto end = store_->append_log({id, rank, offset, bytes}, closed);
    EXPECT_TRUE(end.ok());
    return *end;
  }
  std::string read(LogQuery query) {
    std::string out;
    query.job = JobId{1};
    for (;;) {
      auto page = store_->read_logs(query);
      EXPECT_TRUE(page.ok());
      for (const auto& chunk : page->chunks) {
        out += chunk.attempt.task.task + std::to_string(chunk.attempt.attempt.value) +
               std::to_string(chunk.rank) + "@" + std::to_string(chunk.offset) + ":" + chunk.bytes +
               " ";
      }
      query.cursor = page->cursor;
      cursor_ = page->cursor;
      if (page->exhausted) return out;
    }
  }
  std::uint64_t metrics(const AttemptId& id, std::uint64_t offset, std::uint64_t end,
                        const std::vector<std::pair<std::int64_t, double>>& losses) {
    std::vector<protocol::MetricPoint> points;
    for (const auto& [step, loss] : losses) points.push_back({"loss", step, loss, {}, 0});
    return *store_->append_metrics(id, offset, end, points);
  }
  std::string series(std::int64_t after = -1, std::size_t most = 1000) {
    std::string out;
    const auto points = store_->read_metrics({JobId{1}, "a"}, {}, after, most);
    EXPECT_TRUE(points.ok());
    for (const auto& point : *points) {
      out += point.series + std::to_string(point.step) + "=" +
             std::to_string(static_cast<int>(point.value)) + "#" + std::to_string(point.attempt) +
             " ";
    }
    return out;
  }

  TemporaryDirectory folder_;
  std::unique_ptr<MetricsStore> store_;
  std::string cursor_;
};

TEST_P(MetricsStoreContract, DropsDuplicatesAndOverlapsAndGaps) {
  EXPECT_EQ(log(id_of("a", 1), 0, 0, "hello ").end_offset, 6u);
  EXPECT_EQ(log(id_of("a", 1), 0, 0, "hello ").end_offset, 6u);
  EXPECT_EQ(log(id_of("a", 1), 0, 3, "lo world").end_offset, 11u);
  EXPECT_EQ(log(id_of("a", 1), 0, 50, "gap").end_offset, 11u);
  EXPECT_EQ(read({}), "a10@0:hello  a10@6:world ");
}

TEST_P(MetricsStoreContract, ClosesALogOnlyWhenAllOfItIsHere) {
  EXPECT_FALSE(log(id_of("a", 1), 0, 0, "one").closed);
  EXPECT_FALSE(log(id_of("a", 1), 0, 9, "end", true).closed) << "a gap";
  EXPECT_TRUE(log(id_of("a", 1), 0, 3, "two", true).closed);
  EXPECT_TRUE(log(id_of("a", 1), 0, 0, "one").closed) << "a late duplicate opens nothing";
  EXPECT_TRUE(log(id_of("a", 1), 1, 0, "", true).closed) << "an empty log";
}

TEST_P(MetricsStoreContract, ReadsByTaskAttemptRankOffset) {
  log(id_of("b", 1), 0, 0, "b");
  log(id_of("a", 2), 0, 0, "second");
  log(id_of("a", 1), 1, 0, "one");
  log(id_of("a", 1), 0, 0, "zero");
  EXPECT_EQ(read({}), "a10@0:zero a11@0:one a20@0:second b10@0:b ");
  LogQuery query;
  query.task = "a";
  query.attempt = Attempt{1};
  query.rank = 1;
  EXPECT_EQ(read(query), "a11@0:one ");
}

TEST_P(MetricsStoreContract, GoesOnWhereTheCursorStands) {
  log(id_of("a", 1), 0, 0, "0123456789");
  LogQuery query;
  query.bytes_max = 4;
  EXPECT_EQ(read(query), "a10@0:0123 a10@4:4567 a10@8:89 ");
  log(id_of("a", 1), 0, 10, "ab");
  log(id_of("a", 1), 1, 0, "new");
  query.cursor = cursor_;
  query.bytes_max = 100;
  EXPECT_EQ(read(query), "a10@10:ab a11@0:new ");
  query.job = JobId{1};
  query.cursor = "nonsense";
  EXPECT_EQ(store_->read_logs(query).error().code, Code::kInvalid);
}

TEST_P(MetricsStoreContract, ShowsTheHighestAttemptOfEachStep) {
  EXPECT_EQ(metrics(id_of("a", 1), 0, 100, {{1, 10}, {2, 20}, {3, 30}}), 100u);
  EXPECT_EQ(metrics(id_of("a", 2), 0, 50, {{2, 21}, {4, 41}}), 50u);
  EXPECT_EQ(series(), "loss1=10#1 loss2=21#2 loss3=30#1 loss4=41#2 ");
  EXPECT_EQ(series(2), "loss3=30#1 loss4=41#2 ");
  EXPECT_EQ(series(-1, 2), "loss1=10#1 loss2=21#2 ");
}

TEST_P(MetricsStoreContract, TakesEachShipmentOnce) {
  EXPECT_EQ(metrics(id_of("a", 1), 0, 10, {{1, 1}}), 10u);
  EXPECT_EQ(metrics(id_of("a", 1), 0, 10, {{1, 99}}), 10u) << "repeated";
  EXPECT_EQ(metrics(id_of("a", 1), 20, 30, {{5, 5}}), 10u) << "a gap";
  EXPECT_EQ(metrics(id_of("a", 1), 10, 20, {{2, 2}}), 20u);
  EXPECT_EQ(series(), "loss1=1#1 loss2=2#1 ");
}

TEST_P(MetricsStoreContract, ListsSeveralSeries) {
  ASSERT_TRUE(
      store_->append_metrics(id_of("a", 1), 0, 1, {{"lr", 1, 3, {}, 0}, {"loss", 1, 2, {}, 0}})
          .ok());
  ASSERT_TRUE(store_->append_metrics(id_of("ab", 1), 0, 1, {{"other", 1, 2, {}, 0}}).ok());
  EXPECT_EQ(series(), "loss1=2#1 lr1=3#1 ");
}

INSTANTIATE_TEST_SUITE_P(Forms, MetricsStoreContract, testing::Bool());

TEST(MetricsStore, AnAcknowledgedLogSurvivesACrash) {
  auto values = std::make_unique<MemoryKeyValues>();
  MemoryKeyValues* disk = values.get();
  MetricsStore store(std::move(values));
  ASSERT_TRUE(store.append_log({id_of("a", 1), 0, 0, "kept"}, false).ok());
  ASSERT_TRUE(store.sync().ok());
  ASSERT_TRUE(store.append_log({id_of("a", 1), 0, 4, "lost"}, false).ok());
  disk->crash();
  EXPECT_EQ(store.append_log({id_of("a", 1), 0, 2, "pt"}, false)->end_offset, 4u);
}

/// Functions posted by the lane, run by the test's thread.
class Posted {
 public:
  void post(std::function<void()> f) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(f));
    wake_.notify_one();
  }
  void run_until(const bool& done) {
    while (!done) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !posted_.empty(); });
      auto batch = std::exchange(posted_, {});
      lock.unlock();
      for (auto& f : batch) f();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> posted_;
};

TEST(MetricsLane, AnswersAfterTheSyncOnTheOwnersThread) {
  Posted posted;
  MetricsLane lane(std::make_unique<MetricsStore>(std::make_unique<MemoryKeyValues>()),
                   [&](std::function<void()> f) { posted.post(std::move(f)); });
  bool logged = false, measured = false, read = false;
  ASSERT_TRUE(lane.append(protocol::LogShipment{"w", {{id_of("a", 1), 0, 0, "text"}}, {0}},
                          [&](const std::vector<protocol::LogAck>& acks) {
                            ASSERT_EQ(acks.size(), 1u);
                            EXPECT_EQ(acks[0].end_offset, 4u);
                            EXPECT_TRUE(acks[0].closed);
                            logged = true;
                          }));
  ASSERT_TRUE(
      lane.append(protocol::MetricShipment{"w", id_of("a", 1), 0, 7, {{"loss", 1, 2.5, {}, 0}}},
                  [&](const protocol::MetricAck& ack) {
                    EXPECT_EQ(ack.end_offset, 7u);
                    measured = true;
                  }));
  posted.run_until(logged);
  posted.run_until(measured);
  lane.read_metrics({JobId{1}, "a"}, {"loss"}, -1,
                    [&](const Result<std::vector<protocol::MetricPoint>>& points) {
                      EXPECT_EQ(points->at(0).value, 2.5);
                      read = true;
                    });
  posted.run_until(read);
}

TEST(MetricsLane, RefusesWhatIsTooMuch) {
  Posted posted;
  MetricsLane lane(std::make_unique<MetricsStore>(std::make_unique<MemoryKeyValues>()),
                   [&](std::function<void()> f) { posted.post(std::move(f)); });
  int taken = 0;
  while (taken < 100'000 && lane.append(protocol::MetricShipment{"w", id_of("a", 1), 0, 1, {}},
                                        [](const protocol::MetricAck&) {})) {
    ++taken;
  }
  EXPECT_LT(taken, 100'000);
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace orch::storage
