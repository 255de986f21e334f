// One contract for the control log on RocksDB, on memory, and simulated.

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/file.h"
#include "storage/control_log_simulated.h"
#include "storage/control_log_store.h"
#include "storage/key_values_memory.h"

namespace orch::storage {
namespace {

/// Opens logs on one disk, and waits until one says that all is durable.
class Bench {
 public:
  virtual ~Bench() = default;
  /// Anew on the same disk; the log before is gone, as after a crash.
  virtual ControlLog& open() = 0;
  virtual void wait_until(LogPosition position) = 0;

 protected:
  LogPosition durable_;
};

/// The owner's thread is the test's: posted functions run in wait_until().
class StoreBench final : public Bench {
 public:
  ControlLog& open() override {
    log_.reset();
    durable_ = {};
    posted_.clear();
    auto values = open_rocksdb(folder_.path() + "/db");
    EXPECT_TRUE(values.ok());
    log_ = std::make_unique<ControlLogStore>(
        std::move(*values), [this](std::function<void()> f) { post(std::move(f)); },
        [](const Error& error) { ADD_FAILURE() << error.message; });
    log_->on_durable([this](LogPosition position) { durable_ = position; });
    return *log_;
  }
  void wait_until(LogPosition position) override {
    while (durable_ < position) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !posted_.empty(); });
        next = std::move(posted_.front());
        posted_.pop_front();
      }
      next();
    }
  }

 private:
  void post(std::function<void()> f) {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(f));
    wake_.notify_one();
  }
  TemporaryDirectory folder_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> posted_;
  std::unique_ptr<ControlLogStore> log_;
};

class SimulatedBench final : public Bench {
 public:
  SimulatedBench() { disk_.set_delay(std::chrono::milliseconds(1), std::chrono::milliseconds(9)); }
  ControlLog& open() override {
    log_ = std::make_unique<SimulatedControlLog>(disk_);
    durable_ = {};
    log_->on_durable([this](LogPosition position) { durable_ = position; });
    return *log_;
  }
  void wait_until(LogPosition position) override {
    while (durable_ < position) {
      clock_.advance_to(*log_->next_completion());
      log_->complete_one();
    }
  }

 private:
  SimulatedClock clock_;
  SeededRandom random_{1};
  SimulatedDisk disk_{clock_, random_};
  std::unique_ptr<SimulatedControlLog> log_;
};

using MakeBench = std::unique_ptr<Bench> (*)();
class ControlLogContract : public testing::TestWithParam<MakeBench> {
 protected:
  std::unique_ptr<Bench> bench_ = GetParam()();

  static std::vector<std::string> read(ControlLog& log, std::uint64_t after = 0) {
    std::vector<std::string> out;
    const auto outcome =
        log.replay(LogPosition{after}, [&](LogPosition position, std::string_view bytes) {
          EXPECT_EQ(position.value, after + out.size() + 1);
          out.emplace_back(bytes);
          return Result<void>();
        });
    EXPECT_TRUE(outcome.ok());
    return out;
  }
};

TEST_P(ControlLogContract, BeginsEmpty) {
  ControlLog& log = bench_->open();
  EXPECT_FALSE(log.read_snapshot()->position);
  EXPECT_TRUE(read(log).empty());
}

TEST_P(ControlLogContract, ReplaysWhatIsDurableInOrder) {
  ControlLog& log = bench_->open();
  log.append(LogPosition{1}, {"a", "b"});
  log.append(LogPosition{3}, {std::string("\0c", 2)});
  bench_->wait_until(LogPosition{3});
  ControlLog& again = bench_->open();
  EXPECT_EQ(read(again), (std::vector<std::string>{"a", "b", std::string("\0c", 2)}));
  EXPECT_EQ(read(again, 2).size(), 1u);
}

TEST_P(ControlLogContract, GoesOnAfterAReplay) {
  bench_->open().append(LogPosition{1}, {"a"});
  bench_->wait_until(LogPosition{1});
  bench_->open().append(LogPosition{2}, {"b"});
  bench_->wait_until(LogPosition{2});
  EXPECT_EQ(read(bench_->open()).size(), 2u);
}

TEST_P(ControlLogContract, KeepsTheNewestSnapshot) {
  ControlLog& log = bench_->open();
  log.append(LogPosition{1}, {"a"});
  log.save_snapshot(LogPosition{1}, "one");
  log.append(LogPosition{2}, {"b"});
  log.save_snapshot(LogPosition{2}, "two");
  log.append(LogPosition{3}, {"c"});
  bench_->wait_until(LogPosition{3});
  ControlLog& again = bench_->open();
  const auto snapshot = again.read_snapshot();
  EXPECT_EQ(snapshot->position.value, 2u);
  EXPECT_EQ(snapshot->bytes, "two");
  EXPECT_EQ(read(again, 2), (std::vector<std::string>{"c"}));
}

TEST_P(ControlLogContract, StopsAtTheFirstErrorOfTheReader) {
  ControlLog& log = bench_->open();
  log.append(LogPosition{1}, {"a", "b"});
  bench_->wait_until(LogPosition{2});
  int seen = 0;
  const auto outcome =
      bench_->open().replay(LogPosition{}, [&](LogPosition, std::string_view) -> Result<void> {
        ++seen;
        return corrupt("no");
      });
  EXPECT_EQ(outcome.error().message, "no");
  EXPECT_EQ(seen, 1);
}

TEST_P(ControlLogContract, TakesManySmallAppends) {
  ControlLog& log = bench_->open();
  constexpr std::uint64_t kCount = 2000;
  for (std::uint64_t i = 1; i <= kCount; ++i) log.append(LogPosition{i}, {std::to_string(i)});
  bench_->wait_until(LogPosition{kCount});
  EXPECT_EQ(read(bench_->open()).size(), kCount);
}

INSTANTIATE_TEST_SUITE_P(Forms, ControlLogContract,
                         testing::Values(MakeBench([]() -> std::unique_ptr<Bench> {
                                           return std::make_unique<StoreBench>();
                                         }),
                                         MakeBench([]() -> std::unique_ptr<Bench> {
                                           return std::make_unique<SimulatedBench>();
                                         })));

TEST(SimulatedDisk, DropsAPartOfWhatWasNotSynced) {
  std::set<std::size_t> outcomes;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SimulatedClock clock;
    SeededRandom random(seed);
    SimulatedDisk disk(clock, random);
    {
      SimulatedControlLog log(disk);
      log.append(LogPosition{1}, {"a"});
      log.append(LogPosition{2}, {"b", "c"});
    }
    outcomes.insert(disk.records());
  }
  EXPECT_EQ(outcomes, (std::set<std::size_t>{0, 1, 3})) << "each append whole or not at all";
}

/// Reads a log that was damaged by hand. `values` is taken.
Result<void> replay_of(std::unique_ptr<KeyValues> values) {
  ControlLogStore log(
      std::move(values), [](const std::function<void()>&) {}, [](const Error&) {});
  const auto snapshot = log.read_snapshot();
  if (!snapshot.ok()) return snapshot.error();
  return log.replay(snapshot->position,
                    [](LogPosition, std::string_view) { return Result<void>(); });
}

/// What a log of three records and a snapshot after the first looks like on disk.
std::vector<std::pair<std::string, std::string>> content() {
  auto values = std::make_unique<MemoryKeyValues>();
  auto* disk = values.get();
  std::vector<std::pair<std::string, std::string>> out;
  {
    std::mutex mutex;
    std::condition_variable wake;
    int done = 0;
    ControlLogStore log(
        std::move(values),
        [&](const std::function<void()>&) {
          const std::lock_guard lock(mutex);
          ++done;
          wake.notify_one();
        },
        [](const Error&) {});
    log.append(LogPosition{1}, {"a", "b", "c"});
    log.save_snapshot(LogPosition{1}, "state");
    std::unique_lock lock(mutex);
    wake.wait(lock, [&] { return done >= 2; });
    EXPECT_TRUE(disk->scan("", "\xff",
                           [&](std::string_view key, std::string_view value) {
                             out.emplace_back(key, value);
                             return true;
                           })
                    .ok());
  }
  return out;
}

TEST(ControlLogStore, NamesTheRecordThatIsDamagedOrMissing) {
  const auto good = content();
  ASSERT_EQ(good.size(), 4u);
  for (std::size_t i = 1; i < good.size(); ++i) {  // the first record is behind the snapshot
    auto bad = good;
    bad[i].second.back() ^= 1;
    auto values = std::make_unique<MemoryKeyValues>();
    ASSERT_TRUE(values->write({{}, bad}, true).ok());
    const auto outcome = replay_of(std::move(values));
    ASSERT_FALSE(outcome.ok()) << i;
    EXPECT_EQ(outcome.error().code, Code::kCorrupt);
    EXPECT_NE(outcome.error().message.find("checksum"), std::string::npos);
  }
  auto gap = good;
  gap.erase(gap.begin() + 1);
  auto values = std::make_unique<MemoryKeyValues>();
  ASSERT_TRUE(values->write({{}, gap}, true).ok());
  EXPECT_EQ(replay_of(std::move(values)).error().message, "control log: record 2 is missing");
}

TEST(ControlLogStore, ReportsAFailedWriteOnceAndNeverCallsItDurable) {
  auto values = std::make_unique<MemoryKeyValues>();
  values->fail_writes(unavailable("disk full"));
  std::mutex mutex;
  std::vector<std::string> failures;
  int posted = 0;
  {
    ControlLogStore log(
        std::move(values), [&](const std::function<void()>&) { ++posted; },
        [&](const Error& error) {
          const std::lock_guard lock(mutex);
          failures.push_back(error.message);
        });
    log.append(LogPosition{1}, {"a"});
    log.append(LogPosition{2}, {"b"});
  }
  EXPECT_EQ(failures, (std::vector<std::string>{"disk full"}));
  EXPECT_EQ(posted, 0);
}

}  // namespace
}  // namespace orch::storage
