#pragma once
// MetricsStore on its own thread, so that it may stall without delaying the control log. Writes are
// acknowledged after a sync that covers all that was queued with them. Thread: the owner's;
// callbacks come back there through `post`. Destroy it before what callbacks use.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocol/messages.h"
#include "storage/metrics_store.h"
#include "storage/storage_thread.h"

namespace orch::storage {

class MetricsLane {
 public:
  using Post = std::function<void(std::function<void()>)>;
  MetricsLane(std::unique_ptr<MetricsStore> store, Post post);

  /// False when too much is queued: the shipment is dropped, the worker repeats it.
  bool append(protocol::LogShipment shipment,
              std::function<void(std::vector<protocol::LogAck>)> durable);
  bool append(protocol::MetricShipment shipment, std::function<void(protocol::MetricAck)> durable);
  void read_logs(LogQuery query, std::function<void(Result<LogPage>)> done);
  void read_metrics(TaskId task, std::vector<std::string> series, std::int64_t after_step,
                    std::function<void(Result<std::vector<protocol::MetricPoint>>)> done);

 private:
  void finish_batch();
  std::unique_ptr<MetricsStore> store_;
  Post post_;
  std::size_t queued_ = 0;                       ///< owner's thread
  std::vector<std::function<void()>> unsynced_;  ///< storage thread: answers that wait for a sync
  StorageThread thread_;                         ///< last: ends before what it uses
};

}  // namespace orch::storage
