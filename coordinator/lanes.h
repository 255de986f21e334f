#pragma once
// Messages that pass the brain by: logs and metrics, in and out. Reads resolve names with the
// brain's state and are answered after that state is durable. Thread: the coordinator's.

#include <functional>
#include <memory>
#include <string>

#include "coordinator/brain.h"
#include "storage/metrics_lane.h"

namespace orch::coordinator {

class Lanes {
 public:
  using Post = storage::MetricsLane::Post;
  using SendWorker = std::function<void(const std::string& peer, protocol::CoordinatorMessage)>;
  using SendClient = std::function<void(const ClientKey& client, protocol::ClientReply)>;
  /// Borrows the brain.
  Lanes(std::unique_ptr<storage::MetricsStore> store, Post post, Brain& brain, SendWorker worker,
        SendClient client);

  /// True if the message was one of this lane's (and is dealt with).
  bool take(const std::string& peer, const protocol::WorkerMessage& message);
  bool take(const ClientKey& client, const protocol::ClientRequest& request);

 private:
  void logs(const std::string& peer, protocol::LogShipment shipment);
  void metrics(const std::string& peer, const protocol::MetricShipment& shipment);
  void read(const ClientKey& client, const protocol::ReadLogs& request);
  void read(const ClientKey& client, const protocol::ReadMetrics& request);
  void answer(const ClientKey& client, protocol::ClientReply reply);
  Brain& brain_;
  SendWorker send_worker_;
  SendClient send_client_;
  storage::MetricsLane lane_;
};

}  // namespace orch::coordinator
