#pragma once
// The control log over KeyValues, with a storage thread: all records that came while the last sync
// ran go into one write and one sync. Record keys 'r' position, snapshots 's' position; each value
// begins with a 64-bit checksum over key and content.

#include <memory>
#include <vector>

#include "storage/control_log.h"
#include "storage/key_values.h"
#include "storage/storage_thread.h"

namespace orch::storage {

/// Records kept behind the newest snapshot, for audits.
inline constexpr std::uint64_t kRecordsKept = 10'000'000;

class ControlLogStore final : public ControlLog {
 public:
  /// Runs a function on the owner's thread, later; from any thread.
  using Post = std::function<void(std::function<void()>)>;
  /// Called on the storage thread when a write failed; should not return. What was not durable then
  /// never will be.
  using OnFailure = std::function<void(const Error&)>;

  ControlLogStore(std::unique_ptr<KeyValues> values, Post post, OnFailure on_failure);
  /// Finishes what is queued.
  ~ControlLogStore() override;

  Result<LogSnapshot> read_snapshot() override;
  Result<void> replay(LogPosition after, const OnRecord& on_record) override;
  void on_durable(OnDurable callback) override { on_durable_ = std::move(callback); }
  void append(LogPosition first, std::vector<std::string> records) override;
  void save_snapshot(LogPosition position, std::string bytes) override;

 private:
  void commit();  ///< storage thread: one write of all that was gathered

  std::unique_ptr<KeyValues> values_;
  Post post_;
  OnFailure on_failure_;
  OnDurable on_durable_;
  // Storage thread only.
  Batch gathered_;
  LogPosition last_;
  bool failed_ = false;
  StorageThread thread_;  ///< last: ends before what it uses
};

}  // namespace orch::storage
