#include "storage/control_log_store.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace orch::storage {
namespace {

constexpr char kRecordPrefix = 'r';
constexpr char kSnapshotPrefix = 's';
constexpr std::size_t kChecksumBytes = 8;

std::string key_of(char prefix, LogPosition position) {
  return std::string(1, prefix) + key_u64(position.value);
}

std::string checksum(std::string_view key, std::string_view content) {
  const std::uint64_t seed = XXH3_64bits(key.data(), key.size());
  return key_u64(XXH3_64bits_withSeed(content.data(), content.size(), seed));
}

std::string sealed(const std::string& key, std::string_view content) {
  std::string value = checksum(key, content);
  value.append(content);
  return value;
}

/// The content, if the checksum fits.
std::optional<std::string_view> unsealed(std::string_view key, std::string_view value) {
  if (value.size() < kChecksumBytes) return std::nullopt;
  const std::string_view content = value.substr(kChecksumBytes);
  if (checksum(key, content) != value.substr(0, kChecksumBytes)) return std::nullopt;
  return content;
}

}  // namespace

ControlLogStore::ControlLogStore(std::unique_ptr<KeyValues> values, Post post, OnFailure on_failure)
    : values_(std::move(values)),
      post_(std::move(post)),
      on_failure_(std::move(on_failure)),
      thread_([this] { commit(); }) {}

ControlLogStore::~ControlLogStore() = default;

Result<LogSnapshot> ControlLogStore::read_snapshot() {
  ORCH_ASSIGN(auto found, values_->last_in(std::string(1, kSnapshotPrefix),
                                           std::string(1, kSnapshotPrefix + 1)));
  if (!found) return LogSnapshot{};
  const LogPosition position{read_u64(std::string_view(found->first).substr(1))};
  const auto content = unsealed(found->first, found->second);
  if (!content) {
    return corrupt("control log: the checksum of the snapshot at position " +
                       std::to_string(position.value) + " does not fit",
                   "restore HOME/control from a backup");
  }
  return LogSnapshot{position, std::string(*content)};
}

Result<void> ControlLogStore::replay(LogPosition after, const OnRecord& on_record) {
  Result<void> outcome;
  std::uint64_t expected = after.value + 1;
  const auto visit = [&](std::string_view key, std::string_view value) {
    const LogPosition position{read_u64(key.substr(1))};
    const auto content = unsealed(key, value);
    if (position.value != expected) {
      outcome = corrupt("control log: record " + std::to_string(expected) + " is missing",
                        "restore HOME/control from a backup");
    } else if (!content) {
      outcome = corrupt(
          "control log: the checksum of record " + std::to_string(expected) + " does not fit",
          "restore HOME/control from a backup");
    } else {
      outcome = on_record(position, *content);
    }
    ++expected;
    return outcome.ok();
  };
  ORCH_TRY(values_->scan(key_of(kRecordPrefix, LogPosition{expected}),
                         std::string(1, kRecordPrefix + 1), visit));
  return outcome;
}

void ControlLogStore::append(LogPosition first, std::vector<std::string> records) {
  thread_.run([this, first, records = std::move(records)] {
    LogPosition position = first;
    for (const std::string& record : records) {
      const std::string key = key_of(kRecordPrefix, position);
      gathered_.puts.emplace_back(key, sealed(key, record));
      last_ = position;
      ++position.value;
    }
  });
}

void ControlLogStore::save_snapshot(LogPosition position, std::string bytes) {
  thread_.run([this, position, bytes = std::move(bytes)] {
    commit();  // never a snapshot of what the log does not hold
    const std::string key = key_of(kSnapshotPrefix, position);
    gathered_.erase_ranges.emplace_back(std::string(1, kSnapshotPrefix), key);
    if (position.value > kRecordsKept) {
      gathered_.erase_ranges.emplace_back(
          std::string(1, kRecordPrefix),
          key_of(kRecordPrefix, LogPosition{position.value - kRecordsKept}));
    }
    gathered_.puts.emplace_back(key, sealed(key, bytes));
  });
}

void ControlLogStore::commit() {
  if (failed_ || (gathered_.puts.empty() && gathered_.erase_ranges.empty())) return;
  const Batch batch = std::exchange(gathered_, {});
  if (const auto written = values_->write(batch, true); !written.ok()) {
    failed_ = true;
    on_failure_(written.error());
    return;
  }
  post_([this, last = last_] {
    if (on_durable_) on_durable_(last);
  });
}

}  // namespace orch::storage
