#include "jobs/metrics/metrics_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace orch::metrics {

Result<MetricsWriter> MetricsWriter::open(const std::string& path) {
  MetricsWriter writer;
  writer.path_ = path;
  writer.fd_ =
      FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!writer.fd_) return system_error("open " + path, errno);
  ORCH_ASSIGN(const std::string text, read_file(path));
  const std::size_t end = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  if (end != text.size() && ::ftruncate(writer.fd_.get(), static_cast<off_t>(end)) != 0)
    return system_error("truncate " + path, errno);
  return writer;
}

Result<void> MetricsWriter::append(std::int64_t step, WallTime time,
                                   const std::vector<Point>& points) {
  std::string text;
  for (const Point& point : points) {
    if (!std::isfinite(point.value)) continue;
    char number[32];
    const auto end = std::to_chars(number, number + sizeof number, point.value).ptr;
    text += "{\"series\":\"";
    text += point.series;
    text += "\",\"step\":" + std::to_string(step) + ",\"value\":" + std::string(number, end) +
            ",\"time\":" + std::to_string(time.microseconds) + "}\n";
  }
  return write_all(fd_.get(), text.data(), text.size(), path_);
}

double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long total = 0, resident = 0;
  const int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE))
                   : 0;
}

}  // namespace orch::metrics
