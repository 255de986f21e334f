#include "worker/tail.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/limits.h"

namespace orch::worker {
namespace {

std::optional<protocol::MetricPoint> parse_line(std::string_view line, Attempt attempt) {
  const nlohmann::json value =
      nlohmann::json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) return std::nullopt;
  const auto series = value.find("series"), step = value.find("step");
  const auto number = value.find("value"), time = value.find("time");
  const bool whole = series != value.end() && series->is_string() && step != value.end() &&
                     step->is_number_integer() && number != value.end() && number->is_number();
  if (!whole) return std::nullopt;
  protocol::MetricPoint point;
  point.series = series->get<std::string>();
  if (point.series.empty() || point.series.size() > limits::kNameBytesMax) return std::nullopt;
  point.step = step->get<std::int64_t>();
  point.value = number->get<double>();
  if (time != value.end() && time->is_number_integer()) {
    point.at.microseconds = time->get<std::int64_t>();
  }
  point.attempt = attempt.value;
  return point;
}

}  // namespace

Result<Piece> read_piece(const std::string& path, std::uint64_t offset,
                         std::uint64_t size_bytes_max) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return Piece{};
  if (!fd) return system_error("cannot open " + path, errno);
  Piece piece;
  piece.bytes.resize(size_bytes_max);
  std::size_t size = 0;
  while (size < size_bytes_max) {
    const ssize_t n = ::pread(fd.get(), piece.bytes.data() + size, size_bytes_max - size,
                              static_cast<off_t>(offset + size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot read " + path, errno);
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  piece.bytes.resize(size);
  if (size == size_bytes_max) {
    char byte = 0;
    piece.at_end = ::pread(fd.get(), &byte, 1, static_cast<off_t>(offset + size)) == 0;
  }
  return piece;
}

Result<MetricPiece> read_metrics(const std::string& path, std::uint64_t offset, Attempt attempt) {
  ORCH_ASSIGN(const Piece piece, read_piece(path, offset, limits::kLogChunkBytesMax));
  MetricPiece out;
  std::size_t begin = 0;
  while (out.points.size() < limits::kMetricsPerBatchMax) {
    const std::size_t end = piece.bytes.find('\n', begin);
    if (end == std::string::npos) break;
    const auto point =
        parse_line(std::string_view(piece.bytes).substr(begin, end - begin), attempt);
    if (point) {
      out.points.push_back(*point);
    } else {
      ++out.bad_lines;
    }
    begin = end + 1;
  }
  const bool endless = begin == 0 && piece.bytes.size() == limits::kLogChunkBytesMax;
  if (endless) {  // a line longer than a chunk is no metric
    begin = piece.bytes.size();
    ++out.bad_lines;
  }
  out.end_offset = offset + begin;
  // Bytes of an unfinished line do not count: nobody will finish it once the rank is gone.
  out.at_end = piece.at_end && out.points.size() < limits::kMetricsPerBatchMax;
  return out;
}

}  // namespace orch::worker
