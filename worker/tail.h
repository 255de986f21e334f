#pragma once
// Reading growing files from an offset: the logs and metrics of ranks. A file that is not there yet
// is empty. Stateless: the reactor holds the offsets.

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "protocol/messages.h"

namespace orch::worker {

struct Piece {
  std::string bytes;
  bool at_end = true;  ///< reaches what is the end of the file now
};
/// At most `size_bytes_max` bytes from `offset`. Errors: of reading.
Result<Piece> read_piece(const std::string& path, std::uint64_t offset,
                         std::uint64_t size_bytes_max);

struct MetricPiece {
  std::uint64_t end_offset = 0;  ///< behind the last whole line that was taken
  std::vector<protocol::MetricPoint> points;
  int bad_lines = 0;  ///< taken, but no metric
  bool at_end = true;
};
/// The whole lines from `offset`, at most kMetricsPerBatchMax. A line is {"series": text, "step":
/// integer, "value": number, "time": microseconds}; a line without end is left for later.
Result<MetricPiece> read_metrics(const std::string& path, std::uint64_t offset, Attempt attempt);

}  // namespace orch::worker
