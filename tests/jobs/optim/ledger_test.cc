#include "jobs/optim/ledger.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/file.h"
#include "jobs/metrics/metrics_writer.h"

namespace orch::optim {
namespace {

LedgerLine line_of(std::int64_t step) {
  return {.step = step,
          .prev = {},
          .cursor = static_cast<std::uint64_t>(step) * 16,
          .mixture = "abc",
          .loss_bits = loss_bits(1.5 / static_cast<double>(step)),
          .state = "00",
          .build = "b-avx2",
          .hash = {}};
}

/// A ledger of `steps` lines in `path`.
std::string write_ledger(const std::string& path, std::int64_t steps) {
  Ledger ledger = Ledger::begin(path, "", 0, "genesis").value();
  for (std::int64_t step = 1; step <= steps; ++step) EXPECT_TRUE(ledger.append(line_of(step)).ok());
  EXPECT_TRUE(ledger.sync().ok());
  return ledger.last_hash();
}

TEST(Ledger, ChainsItsLines) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "ledger.jsonl");
  const std::string last = write_ledger(path, 5);
  const auto lines = read_ledger(path);
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->size(), 5U);
  EXPECT_EQ(lines->front().prev, "genesis");
  EXPECT_EQ(lines->at(3).hash, lines->at(4).prev);
  EXPECT_EQ(lines->back().hash, last);
  EXPECT_EQ(loss_of_bits(lines->back().loss_bits), 1.5 / 5);
}

TEST(Ledger, AChangedByteIsFoundWithItsLine) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "ledger.jsonl");
  write_ledger(path, 3);
  const std::string text = read_file(path).value();
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == '7' ? '8' : '7';
    // The last newline lost is a torn line, not a lie.
    EXPECT_EQ(parse_ledger(changed, path).ok(), i + 1 == text.size()) << "byte " << i;
  }
  std::string changed = text;
  changed[text.find('\n') + 10] ^= 1;
  EXPECT_NE(parse_ledger(changed, path).error().message.find(":2"), std::string::npos);
}

TEST(Ledger, ATornLastLineIsRepaired) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "ledger.jsonl");
  write_ledger(path, 4);
  const std::string text = read_file(path).value();
  ASSERT_TRUE(write_file_atomic(path, text.substr(0, text.size() - 20)).ok());
  Result<Ledger> ledger = Ledger::open(path, 3, "genesis");
  ASSERT_TRUE(ledger.ok()) << ledger.error().message;
  ASSERT_TRUE(ledger->append(line_of(4)).ok());
  EXPECT_EQ(read_file(path).value(), text);
}

TEST(Ledger, ForgetsWhatComesAfterTheResumedStep) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "ledger.jsonl");
  const std::string last = write_ledger(path, 6);
  Ledger ledger = Ledger::open(path, 2, "genesis").value();
  for (std::int64_t step = 3; step <= 6; ++step) ASSERT_TRUE(ledger.append(line_of(step)).ok());
  EXPECT_EQ(ledger.last_hash(), last);
  EXPECT_EQ(read_ledger(path)->size(), 6U);
}

TEST(Ledger, BeginsWithTheLedgerOfACheckpoint) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "ledger.jsonl");
  const std::string last = write_ledger(path, 3);
  const std::string text = read_file(path).value();
  const std::string other = join_path(folder.path(), "other.jsonl");
  EXPECT_EQ(Ledger::begin(other, text, 3, "genesis")->last_hash(), last);
  EXPECT_EQ(Ledger::begin(other, text, 4, "genesis").error().code, Code::kCorrupt);
  EXPECT_EQ(Ledger::begin(other, text, 3, "another run").error().code, Code::kConflict);
}

TEST(MetricsWriter, AppendsAndCutsATornLine) {
  const TemporaryDirectory folder;
  const std::string path = join_path(folder.path(), "metrics.jsonl");
  const std::string whole = "{\"series\":\"loss\",\"step\":1,\"value\":2.5,\"time\":7}\n";
  {
    auto writer = metrics::MetricsWriter::open(path).value();
    ASSERT_TRUE(
        writer.append(1, {7}, {{"loss", 2.5}, {"bad", std::numeric_limits<double>::quiet_NaN()}})
            .ok());
  }
  EXPECT_EQ(read_file(path).value(), whole);
  ASSERT_TRUE(write_file_atomic(path, whole + "{\"series\":\"lo").ok());
  auto writer = metrics::MetricsWriter::open(path).value();
  EXPECT_EQ(read_file(path).value(), whole);
  EXPECT_GT(metrics::resident_bytes(), 1e6);
}

}  // namespace
}  // namespace orch::optim
