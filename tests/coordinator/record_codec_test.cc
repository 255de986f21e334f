#include "coordinator/record_codec.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"
#include "coordinator/apply.h"
#include "coordinator/snapshot.h"
#include "tests/coordinator/harness.h"
#include "tests/coordinator/sample_records.h"

namespace orch::coordinator {
namespace {

std::string from_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return out;
}

State replay(const std::vector<Record>& records) {
  State state;
  for (const Record& record : records) {
    const auto applied = coordinator::apply(state, record);
    EXPECT_TRUE(applied.ok()) << applied.error().message;
  }
  return state;
}

TEST(RecordCodec, BringsEveryKindBack) {
  const auto records = sample_records();
  ASSERT_EQ(records.size(), std::variant_size_v<Record>) << "a sample for each kind";
  std::vector<Record> back;
  for (const Record& record : records) {
    const auto decoded = decode_record(encode_record(record));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(decoded->index(), record.index());
    EXPECT_EQ(encode_record(*decoded), encode_record(record));
    back.push_back(*decoded);
  }
  EXPECT_EQ(state_digest(replay(back)), state_digest(replay(records)));
  const auto& plan = std::get<JobSubmitted>(back[2]).plan.tasks[0];
  EXPECT_EQ(plan.retry, (protocol::Retry{0, false, true})) << "zeros are written, too";
  EXPECT_EQ(plan.resources.memory_bytes, std::uint64_t{3} << 30);
}

/// records_v1.txt was written by version 1 and is never changed: a line a record.
TEST(RecordCodec, ReadsWhatEveryVersionWrote) {
  std::ifstream file(std::string(ORCH_SOURCE_DIR) + "/tests/coordinator/records_v1.txt");
  ASSERT_TRUE(file) << "the fixture is missing";
  std::string line;
  State state;
  std::size_t count = 0;
  while (std::getline(file, line)) {
    const auto record = decode_record(from_hex(line));
    ASSERT_TRUE(record.ok()) << record.error().message;
    ASSERT_TRUE(coordinator::apply(state, *record).ok());
    ++count;
  }
  EXPECT_EQ(count, 13u);
  const TaskState& task = *find_task(state, {JobId{1}, "base"});
  EXPECT_EQ(task.checkpoint.digest, "d1");
  EXPECT_EQ(task.restarts, 1);
  EXPECT_EQ(state.workers.at("worker-0").gpus.size(), 2u);
}

TEST(RecordCodec, SurvivesEveryTruncationAndFlippedBit) {
  SeededRandom random(7);
  for (const Record& record : sample_records()) {
    const std::string good = encode_record(record);
    for (std::size_t size = 0; size < good.size(); ++size) {
      EXPECT_FALSE(decode_record(good.substr(0, size)).ok());
    }
    for (int i = 0; i < 200; ++i) {
      std::string bad = good;
      bad[random.below(bad.size())] ^= static_cast<char>(1 << random.below(8));
      (void)decode_record(bad);  // an error or another record, never a crash
    }
  }
}

TEST(RecordCodec, SkipsFieldsOfTheFutureAndNamesNewerVersions) {
  std::string record = encode_record(WorkerSilent{"w", WallTime{1}});
  const std::string extra("\xd2\x0f\x02hi", 5);  // field 250
  EXPECT_TRUE(decode_record(record + extra).ok());
  record[1] = 2;
  EXPECT_EQ(decode_record(record).error().code, Code::kInvalid);
}

TEST(Snapshot, IsTheSameStateAgain) {
  const State state = replay(sample_records());
  const auto back = decode_snapshot(encode_snapshot(state));
  ASSERT_TRUE(back.ok()) << back.error().message;
  EXPECT_EQ(encode_snapshot(*back), encode_snapshot(state));
  EXPECT_EQ(back->queue, state.queue);
  EXPECT_EQ(back->unfinished, state.unfinished);
  EXPECT_EQ(back->requests, state.requests);
  EXPECT_EQ(back->open_jobs, state.open_jobs);
}

TEST(Snapshot, RefusesDamage) {
  const std::string good = encode_snapshot(replay(sample_records()));
  EXPECT_EQ(decode_snapshot("").error().code, Code::kCorrupt);
  EXPECT_EQ(decode_snapshot(good.substr(0, good.size() / 2)).error().code, Code::kCorrupt);
  EXPECT_EQ(decode_snapshot("\x63" + good.substr(1)).error().code, Code::kInvalid);
}

TEST(Apply, RefusesWhatDoesNotFit) {
  State state;
  EXPECT_EQ(coordinator::apply(state, RankRuns{id_of("a", 1), 0, 1, {}}).error().code,
            Code::kCorrupt);
  JobSubmitted second;
  second.job = JobId{2};
  EXPECT_EQ(coordinator::apply(state, second).error().code, Code::kCorrupt);
}

TEST(Replay, OfAllRecordsGivesTheStateThatLiveOperationHad) {
  Harness h;
  State shadow;
  const auto follow = [&](const Effects& effects) {
    for (const Record& record : effects.records) {
      ASSERT_TRUE(coordinator::apply(shadow, *decode_record(encode_record(record))).ok());
    }
  };
  h.state = {};
  follow(h.send(Started{"test", 1, "secret"}));
  follow(h.add_worker("w", 2));
  protocol::Submit request;
  request.spec = "version: 1\nname: j\ntasks:\n  a: {command: {argv: [\"/bin/true\"]}}\n";
  follow(h.client(request));
  follow(h.rank_ended("w", id_of("a", 1), 0, protocol::Failure::kSignal));
  follow(h.released("w", id_of("a", 1)));
  follow(h.tick(std::chrono::seconds(1)));
  EXPECT_EQ(state_digest(shadow), state_digest(h.state));
}

}  // namespace
}  // namespace orch::coordinator
