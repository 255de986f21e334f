#pragma once
// Metrics and logs of every attempt that ever was, in their own database. Keys carry the attempt,
// so a fenced attempt harms nobody: for a step a reader sees the highest attempt; duplicates and
// overlaps are dropped by offset. What a call wrote is durable after the next sync().
// Layout: 'l' log bytes by (job, task, attempt, rank, offset), 'e' end of each log, 'm' points by
// (job, task, series, step, attempt), 'o' end of each metrics file.
// Thread: one (the metrics lane).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "protocol/messages.h"
#include "storage/key_values.h"

namespace orch::storage {

/// How far a log is known.
struct LogEnd {
  std::string task;
  Attempt attempt;
  int rank = 0;
  std::uint64_t end_offset = 0;
  bool closed = false;
};

struct LogQuery {
  JobId job;
  std::string task;         ///< "": all
  Attempt attempt;          ///< none: all
  std::optional<int> rank;  ///< none: all
  std::string cursor;       ///< opaque; "": from the start
  std::size_t bytes_max = std::size_t{1} << 20;
};
struct LogPage {
  std::vector<protocol::LogChunk> chunks;  ///< by task, attempt, rank, offset
  std::string cursor;
  std::vector<LogEnd> logs;  ///< every log that the query names
  bool exhausted = true;     ///< all that is stored has been read
};

class MetricsStore {
 public:
  explicit MetricsStore(std::unique_ptr<KeyValues> values) : values_(std::move(values)) {}

  /// Keeps what lies beyond the known end; a chunk that leaves a gap is dropped. The new end.
  Result<LogEnd> append_log(const protocol::LogChunk& chunk, bool closed);
  /// The new end of that attempt's metrics file. A shipment that leaves a gap is dropped.
  Result<std::uint64_t> append_metrics(const AttemptId& id, std::uint64_t offset,
                                       std::uint64_t end_offset,
                                       const std::vector<protocol::MetricPoint>& points);
  Result<void> sync() { return values_->sync(); }

  /// Errors: kInvalid for a cursor that this store did not make; kCorrupt.
  Result<LogPage> read_logs(const LogQuery& query) const;
  /// Points by series, then step; at most `points_max` (then the first ones).
  Result<std::vector<protocol::MetricPoint>> read_metrics(const TaskId& task,
                                                          const std::vector<std::string>& series,
                                                          std::int64_t after_step,
                                                          std::size_t points_max) const;

 private:
  Result<std::vector<LogEnd>> log_ends(const LogQuery& query) const;
  Result<std::uint64_t> read_chunks(const LogQuery& query, const LogEnd& log, std::uint64_t from,
                                    std::size_t& budget_bytes, LogPage& page) const;
  Result<void> read_series(const TaskId& task, const std::string& series, std::int64_t after_step,
                           std::size_t points_max, std::vector<protocol::MetricPoint>& out) const;
  std::unique_ptr<KeyValues> values_;
};

}  // namespace orch::storage
