#include "coordinator/lanes.h"

#include <algorithm>

#include "base/log.h"
#include "coordinator/reads.h"

namespace orch::coordinator {

Lanes::Lanes(std::unique_ptr<storage::MetricsStore> store, Post post, Brain& brain,
             SendWorker worker, SendClient client)
    : brain_(brain),
      send_worker_(std::move(worker)),
      send_client_(std::move(client)),
      lane_(std::move(store), std::move(post)) {}

bool Lanes::take(const std::string& peer, const protocol::WorkerMessage& message) {
  if (const auto* shipped = std::get_if<protocol::LogShipment>(&message)) {
    logs(peer, *shipped);
    return true;
  }
  if (const auto* shipped = std::get_if<protocol::MetricShipment>(&message)) {
    metrics(peer, *shipped);
    return true;
  }
  return false;
}

bool Lanes::take(const ClientKey& client, const protocol::ClientRequest& request) {
  if (const auto* logs_of = std::get_if<protocol::ReadLogs>(&request)) {
    read(client, *logs_of);
    return true;
  }
  if (const auto* metrics_of = std::get_if<protocol::ReadMetrics>(&request)) {
    read(client, *metrics_of);
    return true;
  }
  return false;
}

void Lanes::logs(const std::string& peer, protocol::LogShipment shipment) {
  protocol::LogShipment known{shipment.worker, {}, {}};
  for (std::size_t i = 0; i < shipment.chunks.size(); ++i) {
    protocol::LogChunk& chunk = shipment.chunks[i];
    const bool closed =
        std::count(shipment.closed.begin(), shipment.closed.end(), static_cast<int>(i)) != 0;
    const AttemptState* attempt = find_attempt(brain_.state(), chunk.attempt);
    if (attempt && chunk.rank >= 0 &&
        static_cast<std::size_t>(chunk.rank) < attempt->ranks.size()) {
      if (closed) known.closed.push_back(static_cast<int>(known.chunks.size()));
      known.chunks.push_back(std::move(chunk));
      continue;
    }
    log_warning("dropped logs of an attempt that never was: " + chunk.attempt.text());
    send_worker_(peer, protocol::LogAck{chunk.attempt, chunk.rank,
                                        chunk.offset + chunk.bytes.size(), closed});
  }
  if (known.chunks.empty()) return;
  const bool taken =
      lane_.append(std::move(known), [this, peer](const std::vector<protocol::LogAck>& acks) {
        for (const protocol::LogAck& ack : acks) send_worker_(peer, ack);
      });
  if (!taken) log_warning("the metrics lane is full: logs of " + shipment.worker + " wait");
}

void Lanes::metrics(const std::string& peer, const protocol::MetricShipment& shipment) {
  if (!find_attempt(brain_.state(), shipment.id)) {
    log_warning("dropped metrics of an attempt that never was: " + shipment.id.text());
    return send_worker_(peer, protocol::MetricAck{shipment.id, shipment.end_offset});
  }
  const bool taken = lane_.append(
      shipment, [this, peer](const protocol::MetricAck& ack) { send_worker_(peer, ack); });
  if (!taken) log_warning("the metrics lane is full: metrics of " + shipment.worker + " wait");
}

void Lanes::read(const ClientKey& client, const protocol::ReadLogs& request) {
  const auto query = log_query(brain_.state(), request);
  if (!query.ok()) return answer(client, protocol::ErrorReply{query.error()});
  lane_.read_logs(*query, [this, client, query = *query](Result<storage::LogPage> page) {
    if (!page.ok()) return answer(client, protocol::ErrorReply{page.error()});
    answer(client, log_reply(brain_.state(), query, std::move(*page)));
  });
}

void Lanes::read(const ClientKey& client, const protocol::ReadMetrics& request) {
  const auto task = metrics_task(brain_.state(), request.name);
  if (!task.ok()) return answer(client, protocol::ErrorReply{task.error()});
  lane_.read_metrics(*task, request.series, request.after_step,
                     [this, client](Result<std::vector<protocol::MetricPoint>> points) {
                       if (!points.ok()) {
                         return answer(client, protocol::ErrorReply{points.error()});
                       }
                       answer(client, protocol::ReadMetricsReply{std::move(*points)});
                     });
}

void Lanes::answer(const ClientKey& client, protocol::ClientReply reply) {
  brain_.when_durable([this, client, reply = std::move(reply)] { send_client_(client, reply); });
}

}  // namespace orch::coordinator
