#include "storage/metrics_lane.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"

namespace orch::storage {
namespace {

/// Shipments that may wait; workers repeat what is dropped.
constexpr std::size_t kQueuedMax = 4096;

}  // namespace

MetricsLane::MetricsLane(std::unique_ptr<MetricsStore> store, Post post)
    : store_(std::move(store)), post_(std::move(post)), thread_([this] { finish_batch(); }) {}

bool MetricsLane::append(protocol::LogShipment shipment,
                         std::function<void(std::vector<protocol::LogAck>)> durable) {
  if (queued_ >= kQueuedMax) return false;
  ++queued_;
  thread_.run([this, shipment = std::move(shipment), durable = std::move(durable)] {
    std::vector<protocol::LogAck> acks;
    for (std::size_t i = 0; i < shipment.chunks.size(); ++i) {
      const protocol::LogChunk& chunk = shipment.chunks[i];
      const bool closed =
          std::count(shipment.closed.begin(), shipment.closed.end(), static_cast<int>(i)) != 0;
      const auto end = store_->append_log(chunk, closed);
      if (end.ok()) {
        acks.push_back({chunk.attempt, chunk.rank, end->end_offset, end->closed});
      } else {
        log_error("metrics store: " + end.error().message);
      }
    }
    unsynced_.push_back([this, durable, acks = std::move(acks)] {
      --queued_;
      durable(acks);
    });
  });
  return true;
}

bool MetricsLane::append(protocol::MetricShipment shipment,
                         std::function<void(protocol::MetricAck)> durable) {
  if (queued_ >= kQueuedMax) return false;
  ++queued_;
  thread_.run([this, shipment = std::move(shipment), durable = std::move(durable)] {
    const auto end =
        store_->append_metrics(shipment.id, shipment.offset, shipment.end_offset, shipment.points);
    if (!end.ok()) log_error("metrics store: " + end.error().message);
    unsynced_.push_back(
        [this, durable, id = shipment.id, ok = end.ok(), offset = end.ok() ? *end : 0] {
          --queued_;
          if (ok) durable({id, offset});
        });
  });
  return true;
}

void MetricsLane::read_logs(LogQuery query, std::function<void(Result<LogPage>)> done) {
  thread_.run([this, query = std::move(query), done = std::move(done)] {
    post_([done, page = store_->read_logs(query)] { done(page); });
  });
}

void MetricsLane::read_metrics(
    TaskId task, std::vector<std::string> series, std::int64_t after_step,
    std::function<void(Result<std::vector<protocol::MetricPoint>>)> done) {
  thread_.run([this, task = std::move(task), series = std::move(series), after_step,
               done = std::move(done)] {
    post_([done, points = store_->read_metrics(task, series, after_step, limits::kListItemsMax)] {
      done(points);
    });
  });
}

void MetricsLane::finish_batch() {
  if (unsynced_.empty()) return;
  if (const auto synced = store_->sync(); !synced.ok()) {
    // Nobody is told: workers keep their spools and repeat.
    log_error("metrics store: " + synced.error().message);
    post_([this, dropped = unsynced_.size()] { queued_ -= dropped; });
    unsynced_.clear();
    return;
  }
  post_([answers = std::exchange(unsynced_, {})] {
    for (const auto& answer : answers) answer();
  });
}

}  // namespace orch::storage
