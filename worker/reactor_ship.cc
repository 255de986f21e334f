// Logs and metrics: read from the last acknowledged byte, sent, sent again until acknowledged.
// The file of a log is removed once the coordinator has all of it and knows that it is closed.

#include <algorithm>

#include "base/limits.h"
#include "worker/reactor_parts.h"

namespace orch::worker {
namespace {

inline constexpr Duration kPollEvery = std::chrono::milliseconds(200);

void read_log(Step& s, const RankId& rank, LogState& log) {
  std::uint64_t size = limits::kLogChunkBytesMax;
  if (log.sent && log.sent_end > log.acked) {
    size = std::min<std::uint64_t>(size, log.sent_end - log.acked);  // the same bytes again
  }
  log.reading = true;
  s.out.push_back(ReadLog{rank, log.path, log.acked, size});
}

void read_metrics(Step& s, const AttemptId& id, MetricState& metric) {
  metric.reading = true;
  s.out.push_back(ReadMetrics{id, metric.path, metric.acked});
}

bool metrics_pending(const State& state, const RankId& rank) {
  const auto found = state.metrics.find(rank.id);
  return rank.rank == 0 && found != state.metrics.end() && !found->second.finished;
}

/// Rank 0's log file stays until its metrics are shipped too: after a crash of the daemon it is
/// what tells that they exist.
void forget_if_shipped(Step& s, const RankId& rank) {
  const auto log = s.state.logs.find(rank);
  if (log == s.state.logs.end() || !log->second.finished) return;
  if (metrics_pending(s.state, rank)) return;
  s.out.push_back(RemoveLog{rank, log->second.path});
  s.state.logs.erase(log);
  if (rank.rank == 0) s.state.metrics.erase(rank.id);
}

}  // namespace

void follow(Step& s, const RankId& rank) {
  LogState& log = s.state.logs[rank];
  log.path = log_path(s.state.config.spool_directory, rank);
  log.next_at = s.now + kPollEvery;
  if (rank.rank != 0) return;
  MetricState& metric = s.state.metrics[rank.id];
  metric.path = run_directory(s.state.config.home, rank.id) + "/metrics.jsonl";
  metric.next_at = s.now + kPollEvery;
}

void close_log(Step& s, const RankId& rank) {
  if (const auto log = s.state.logs.find(rank); log != s.state.logs.end()) {
    log->second.closed = true;
    if (!log->second.sent) log->second.next_at = s.now;
  }
  if (rank.rank != 0) return;
  if (const auto metric = s.state.metrics.find(rank.id); metric != s.state.metrics.end()) {
    metric->second.closed = true;
    if (!metric->second.sent) metric->second.next_at = s.now;
  }
}

void handle(Step& s, const LogFound& event) {
  if (s.state.logs.count(event.rank) != 0) return;
  follow(s, event.rank);
  close_log(s, event.rank);
  note_attempt(s.state, event.rank.id);
}

void handle(Step& s, const LogRead& event) {
  const auto found = s.state.logs.find(event.rank);
  if (found == s.state.logs.end() || !found->second.reading) return;
  LogState& log = found->second;
  log.reading = false;
  log.next_at = s.now + kPollEvery;
  if (event.offset != log.acked) return;  // acknowledged further meanwhile: read again
  // A rank that ended while the read was under way may have written more: `closing` was asked
  // for with the read.
  const bool last = log.closing && event.at_end;
  if (event.bytes.empty() && !last) return;
  if (!s.state.registered) return;
  protocol::LogShipment shipment{
      s.state.config.worker, {{event.rank.id, event.rank.rank, event.offset, event.bytes}}, {}};
  if (last) shipment.closed.push_back(0);
  log.sent = true;
  log.sent_end = event.offset + event.bytes.size();
  log.next_at = s.now + kRepeatEvery;
  s.send(std::move(shipment));
}

void handle(Step& s, const protocol::LogAck& ack) {
  const RankId rank{ack.id, ack.rank};
  const auto found = s.state.logs.find(rank);
  if (found == s.state.logs.end()) return;
  LogState& log = found->second;
  if (log.closed && ack.closed) {
    log.finished = true;
    return forget_if_shipped(s, rank);
  }
  if (ack.end_offset <= log.acked) return;
  log.acked = ack.end_offset;
  log.sent = false;
  log.next_at = s.now;
  if (!log.reading) tick_ship(s);  // there may be more: do not wait for the tick
}

void handle(Step& s, const MetricsRead& event) {
  const auto found = s.state.metrics.find(event.id);
  if (found == s.state.metrics.end() || !found->second.reading) return;
  MetricState& metric = found->second;
  metric.reading = false;
  metric.next_at = s.now + kPollEvery;
  if (event.offset != metric.acked) return;
  if (event.end_offset == event.offset) {
    metric.finished = metric.closing && event.at_end;
    if (metric.finished) forget_if_shipped(s, {event.id, 0});
    return;
  }
  if (!s.state.registered) return;
  metric.sent = true;
  metric.next_at = s.now + kRepeatEvery;
  s.send(protocol::MetricShipment{s.state.config.worker, event.id, event.offset, event.end_offset,
                                  event.points});
}

void handle(Step& s, const protocol::MetricAck& ack) {
  const auto found = s.state.metrics.find(ack.id);
  if (found == s.state.metrics.end() || ack.end_offset <= found->second.acked) return;
  MetricState& metric = found->second;
  metric.acked = ack.end_offset;
  metric.sent = false;
  metric.next_at = s.now;
  if (!metric.reading) tick_ship(s);
}

void tick_ship(Step& s) {
  if (!s.state.registered) return;
  for (auto& [rank, log] : s.state.logs) {
    if (log.finished || log.reading || s.now < log.next_at) continue;
    log.closing = log.closed;
    read_log(s, rank, log);
  }
  for (auto& [id, metric] : s.state.metrics) {
    if (metric.finished || metric.reading || s.now < metric.next_at) continue;
    metric.closing = metric.closed;
    read_metrics(s, id, metric);
  }
}

}  // namespace orch::worker
