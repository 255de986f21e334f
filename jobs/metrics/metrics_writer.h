#pragma once
// metrics.jsonl of a run: {"series": …, "step": …, "value": …, "time": microseconds} a line,
// appended and flushed once a step. Written by rank 0; the worker tails it by byte offset. One
// thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/result.h"

namespace orch::metrics {

struct Point {
  std::string_view series;
  double value = 0;
};

class MetricsWriter {
 public:
  /// Opens for appending; a torn last line (a crash while writing) is cut off first.
  static Result<MetricsWriter> open(const std::string& path);
  /// One write for all points of a step. Values that are not finite have no place in JSON and are
  /// left out.
  Result<void> append(std::int64_t step, WallTime time, const std::vector<Point>& points);

 private:
  std::string path_;
  FileDescriptor fd_;
};

/// Resident memory of this process in bytes, 0 where the system does not tell.
double resident_bytes();

}  // namespace orch::metrics
