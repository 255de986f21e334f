#include "protocol/codec.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/limits.h"
#include "base/random.h"
#include "tests/protocol/message_samples.h"

namespace orch::protocol {
namespace {

/// Decoding and encoding again gives the same bytes, so no field is lost on the way.
TEST(Codec, EveryMessageKeepsEveryField) {
  const auto samples = encoded_samples();
  EXPECT_EQ(samples.size(), std::variant_size_v<ClientRequest> + std::variant_size_v<ClientReply> +
                                std::variant_size_v<WorkerMessage> +
                                std::variant_size_v<CoordinatorMessage> +
                                std::variant_size_v<ToRank> + std::variant_size_v<FromRank>);
  for (const auto& sample : samples) {
    const auto again = recode(sample.conversation, sample.bytes);
    ASSERT_TRUE(again.ok()) << sample.conversation << ": " << again.error().message;
    EXPECT_EQ(*again, sample.bytes) << sample.conversation;
  }
}

/// Equal bytes would also follow if both directions forgot a field, so a few are looked at by hand.
TEST(Codec, FieldsArriveWhereTheyBelong) {
  const auto start = decode_coordinator_message(encode(sample_coordinator_messages()[2]));
  ASSERT_TRUE(start.ok());
  const auto& v = std::get<StartRanks>(*start);
  EXPECT_EQ(v.id.text(), "3/base#2");
  EXPECT_EQ(v.incarnation, 5u);
  EXPECT_EQ(v.inputs.at("@data"), "/data");
  EXPECT_EQ(v.ranks, (std::vector<int>{2, 3}));
  EXPECT_EQ(v.gpus, (std::vector<std::vector<int>>{{0}, {1, 2}}));
  EXPECT_EQ(v.ranks_total, 4);
  EXPECT_EQ(v.ranks_before, 2);
  EXPECT_EQ(v.master_port, 2950);
  EXPECT_EQ(v.checkpoint_directory, "/ckpt");
  EXPECT_EQ(v.resume_step, 100);
  EXPECT_EQ(v.memory_bytes_per_rank, 1u << 29);
  EXPECT_EQ(v.grace, std::chrono::seconds(30));
  const auto list = decode_client_reply(encode(sample_replies()[2]));
  ASSERT_TRUE(list.ok());
  const auto& rows = std::get<ListReply>(list->reply);
  EXPECT_EQ(rows.jobs[0].priority, -5);
  EXPECT_EQ(rows.jobs[0].tasks_done, 4);
  EXPECT_EQ(rows.jobs[1].reason, "waits → ✓");
  EXPECT_EQ(rows.tasks[0].ledger_hash, "ff00");
  EXPECT_EQ(rows.attempts[0].ranks[1].worker, "worker-1");
  EXPECT_EQ(rows.attempts[0].failure, Failure::kWorkerLost);
  EXPECT_EQ(rows.workers[0].free, 2);
  EXPECT_EQ(rows.artifacts[0].inputs.size(), 2u);
  EXPECT_FALSE(rows.artifacts[1].made_by.task.job);
  EXPECT_EQ(rows.events[0].text, "started");
  EXPECT_EQ(rows.set.at("steps"), "8");
  const auto logs = decode_client_reply(encode(sample_replies()[5]));
  EXPECT_EQ(std::get<ReadLogsReply>(logs->reply).chunks[0].bytes, std::string("line\n\0\xff", 7));
}

/// One line a message, as version 1 wrote it: "conversation hexadecimal". Later versions must read
/// it for ever.
TEST(Codec, ReadsWhatVersion1Wrote) {
  std::ifstream file(ORCH_SOURCE_DIR "/tests/protocol/wire_v1.txt");
  std::string conversation, hex;
  std::size_t count = 0;
  for (; file >> conversation >> hex; ++count) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
      bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    const auto again = recode(conversation, bytes);
    EXPECT_TRUE(again.ok()) << conversation << ": " << (again.ok() ? "" : again.error().message);
  }
  EXPECT_EQ(count, 44u);
}

TEST(Codec, EveryEnumValueSurvives) {
  for (int i = 0; i <= static_cast<int>(Failure::kStart); ++i) {
    const auto failure = static_cast<Failure>(i);
    EXPECT_EQ(std::get<RankFailed>(*decode_from_rank(encode(RankFailed{failure, "x"}))).failure,
              failure);
    EXPECT_STRNE(failure_name(failure), "unknown");
  }
  for (int i = 0; i <= static_cast<int>(State::kLost); ++i) {
    const auto state = static_cast<State>(i);
    const auto reply =
        decode_client_reply(encode(NumberedReply{1, ExplainReply{JobId{1}, state, {}, ""}}));
    EXPECT_EQ(std::get<ExplainReply>(reply->reply).state, state);
    EXPECT_STRNE(state_name(state), "unknown");
  }
  for (int i = 0; i <= static_cast<int>(ListKind::kSpec); ++i) {
    const auto request =
        decode_client_request(encode(NumberedRequest{1, List{static_cast<ListKind>(i), ""}}));
    EXPECT_EQ(static_cast<int>(std::get<List>(request->request).kind), i);
  }
  for (int i = 0; i <= static_cast<int>(Code::kInternal); ++i) {
    const auto reply =
        decode_client_reply(encode(NumberedReply{0, ErrorReply{{static_cast<Code>(i), "m", "h"}}}));
    EXPECT_EQ(static_cast<int>(std::get<ErrorReply>(reply->reply).error.code), i);
  }
}

void expect_refused(const Result<std::string>& result, const std::string& part) {
  ASSERT_FALSE(result.ok()) << part;
  EXPECT_EQ(result.error().code, Code::kCorrupt);
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

TEST(Codec, RefusesWhatIsOutOfBounds) {
  const AttemptId good{{JobId{1}, "a"}, Attempt{1}};
  const auto worker = [](const WorkerMessage& m) { return recode("worker", encode(m)); };
  expect_refused(worker(RankStarted{{{JobId{0}, "a"}, Attempt{1}}, 0, 1}), "job");
  expect_refused(worker(RankStarted{{{JobId{1}, "a"}, Attempt{0}}, 0, 1}), "attempt");
  expect_refused(worker(RankStarted{{{JobId{1}, "A b"}, Attempt{1}}, 0, 1}), "not a name");
  expect_refused(worker(RankStarted{good, -1, 1}), "rank");
  expect_refused(worker(RankStarted{good, limits::kRanksPerTaskMax, 1}), "rank");
  expect_refused(worker(RankEnded{good, 0, static_cast<Failure>(99), 0, ""}), "failure");
  expect_refused(
      worker(RankEnded{good, 0, Failure::kExit, 0, std::string(limits::kTextBytesMax + 1, 'x')}),
      "at most");
  expect_refused(worker(CommitRequest{good, "guess", "", "", "", 0, 0, ""}),
                 "checkpoint, result or progress");
  expect_refused(worker(CommitRequest{good, "result", "report", "", "", -1, 0, ""}), "step");
  expect_refused(worker(Register{1, "w", "h", 1, 1, 0, {}, 0, {}}), "slots");
  expect_refused(
      worker(LogShipment{"w", {{good, 0, 0, std::string(limits::kLogChunkBytesMax + 1, 'x')}}, {}}),
      "at most");
  expect_refused(worker(LogShipment{"w", {{good, 0, 0, "x"}}, {1}}), "closed");
  expect_refused(worker(MetricShipment{"w", good, 9, 3, {}}), "end_offset");
  expect_refused(worker(MetricShipment{"w", good, 0, 9,
                                       std::vector<MetricPoint>(limits::kMetricsPerBatchMax + 1)}),
                 "points");
  expect_refused(recode("client_request", encode(NumberedRequest{0, Hello{}})), "number");
  Submit submit;
  for (std::size_t i = 0; i <= limits::kLabelsMax; ++i) submit.set[std::to_string(i)] = "x";
  expect_refused(recode("client_request", encode(NumberedRequest{1, submit})), "set");
  auto start = std::get<StartRanks>(sample_coordinator_messages()[2]);
  start.gpus.clear();
  expect_refused(recode("coordinator", encode(CoordinatorMessage(start))), "one list a rank");
  start.gpus.resize(2);
  start.ranks = {2, 4};
  expect_refused(recode("coordinator", encode(CoordinatorMessage(start))), "4 of 4");
}

TEST(Codec, CleansTextThatIsNone) {
  const auto decoded = decode_from_rank(encode(RankFailed{Failure::kExit, "bad \xff\x01 bytes"}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<RankFailed>(*decoded).message, "bad ?? bytes");
}

TEST(Codec, AReplyThatIsTooLargeBecomesAnError) {
  ListReply list;
  JobInfo job{JobId{1}, "a", "default", 0, State::kWaiting,       {},
              {},       {},  0,         0, std::string(1000, 'x')};
  list.jobs.assign(10'000, job);
  const auto decoded = decode_client_reply(encode(NumberedReply{7, list}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->number, 7u);
  EXPECT_EQ(std::get<ErrorReply>(decoded->reply).error.code, Code::kInvalid);
}

TEST(Codec, KeepsNanAndInfinityOfMetrics) {
  MetricPoint point{"loss", 1, std::nan(""), {}, 1};
  const auto decoded = decode_client_reply(encode(NumberedReply{1, ReadMetricsReply{{point}}}));
  EXPECT_TRUE(std::isnan(std::get<ReadMetricsReply>(decoded->reply).points[0].value));
}

TEST(Codec, RefusesMessagesOfAnotherConversation) {
  for (const auto& sample : encoded_samples())
    for (const char* other :
         {"client_request", "client_reply", "worker", "coordinator", "to_rank", "from_rank"})
      if (sample.conversation != other) expect_refused(recode(other, sample.bytes), "tag");
}

TEST(Codec, RefusesEmptyTruncatedExtendedAndHugeBytes) {
  for (const auto& sample : encoded_samples()) {
    const auto& bytes = sample.bytes;
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(recode(sample.conversation, bytes.substr(0, size)).ok())
          << sample.conversation << size;
    EXPECT_FALSE(recode(sample.conversation, bytes + std::string(8, '\0')).ok());
  }
  EXPECT_FALSE(recode("worker", std::string(limits::kMessageBytesMax + 8, '\0')).ok());
}

/// What decodes after damage must still be encodable; nothing may crash (run under ASan and UBSan).
TEST(Codec, DamagedMessagesNeverCrash) {
  SeededRandom random(11);
  for (const auto& sample : encoded_samples()) {
    for (std::size_t bit = 0; bit < sample.bytes.size() * 8; ++bit) {
      std::string bytes = sample.bytes;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      (void)recode(sample.conversation, bytes);
    }
    for (int round = 0; round < 300; ++round) {
      std::string bytes = sample.bytes;
      for (std::uint64_t k = 1 + random.below(8); k > 0; --k)
        bytes[random.below(bytes.size())] = static_cast<char>(random.next());
      (void)recode(sample.conversation, bytes);
    }
  }
}

TEST(Codec, RandomBytesNeverCrash) {
  SeededRandom random(12);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(8 * random.below(64), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(4) == 0 ? random.next() : 0);
    for (const char* conversation :
         {"client_request", "client_reply", "worker", "coordinator", "to_rank", "from_rank"})
      EXPECT_FALSE(recode(conversation, bytes).ok());
  }
}

/// A list of a billion empty items in a few bytes is refused before anything is allocated.
TEST(Codec, RefusesAmplifiedLists) {
  SeededRandom random(13);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = encode(sample_worker_messages()[6]);
    const std::size_t word = random.below(damaged.size() / 8) * 8;
    const std::uint64_t pointer = 1 | (random.below(8) << 32) | (random.next() << 35);
    for (int i = 0; i < 8; ++i)
      damaged[word + static_cast<std::size_t>(i)] = static_cast<char>(pointer >> (8 * i));
    (void)recode("worker", damaged);
  }
}

}  // namespace
}  // namespace orch::protocol
