#pragma once
// The brain's facts on disk: numbered records, appended in batches, and snapshots to restart from.
// Forms: ControlLogStore (KeyValues on its own thread, group commit) and SimulatedControlLog; one
// contract suite. Thread: the owner's; callbacks come back there.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace orch::storage {

/// Where a restart begins. Position 0: no snapshot.
struct LogSnapshot {
  LogPosition position;
  std::string bytes;
};

class ControlLog {
 public:
  using OnDurable = std::function<void(LogPosition)>;
  using OnRecord = std::function<Result<void>(LogPosition, std::string_view)>;
  virtual ~ControlLog() = default;

  /// The newest snapshot. Errors: kCorrupt when its checksum does not fit.
  virtual Result<LogSnapshot> read_snapshot() = 0;
  /// Every record after `after`, in order. Errors: of `on_record`; kCorrupt for a bad checksum or a
  /// gap, with the position. Before the first append() only.
  virtual Result<void> replay(LogPosition after, const OnRecord& on_record) = 0;

  /// Set once, before append(). Called on the owner's thread with the position up to which all is
  /// durable; rising.
  virtual void on_durable(OnDurable callback) = 0;
  /// Queues records at positions first, first + 1, …; they become durable all or none. A failed
  /// write never becomes durable: the form ends the process or stops answering.
  virtual void append(LogPosition first, std::vector<std::string> records) = 0;
  /// Queues a snapshot of the state after `position`; older ones are then forgotten.
  virtual void save_snapshot(LogPosition position, std::string bytes) = 0;
};

}  // namespace orch::storage
