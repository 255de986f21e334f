#include "storage/metrics_store.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace orch::storage {
namespace {

/// Text ends with a zero byte, which no name contains, so that prefixes do not mix.
std::string key_text(const std::string& text) { return text + '\0'; }

std::string task_key(char prefix, const TaskId& task) {
  return std::string(1, prefix) + key_u64(task.job.value) + key_text(task.task);
}

std::string metrics_end_key(const AttemptId& id) {
  return task_key('o', id.task) + key_u64(id.attempt.value);
}

std::string series_key(const TaskId& task, const std::string& series) {
  return task_key('m', task) + key_text(series);
}

std::string point_key(const AttemptId& id, const protocol::MetricPoint& point) {
  return series_key(id.task, point.series) + key_i64(point.step) + key_u64(id.attempt.value);
}

std::string point_value(const protocol::MetricPoint& point) {
  return key_u64(std::bit_cast<std::uint64_t>(point.value)) + key_i64(point.at.microseconds);
}

}  // namespace

Result<std::uint64_t> MetricsStore::append_metrics(
    const AttemptId& id, std::uint64_t offset, std::uint64_t end_offset,
    const std::vector<protocol::MetricPoint>& points) {
  const std::string end_key = metrics_end_key(id);
  ORCH_ASSIGN(const auto stored, values_->get(end_key));
  const std::uint64_t end = stored && stored->size() == 8 ? read_u64(*stored) : 0;
  if (end_offset <= end || offset > end) return end;
  Batch batch;
  for (const protocol::MetricPoint& point : points) {
    batch.puts.emplace_back(point_key(id, point), point_value(point));
  }
  batch.puts.emplace_back(end_key, key_u64(end_offset));
  ORCH_TRY(values_->write(batch, false));
  return end_offset;
}

Result<void> MetricsStore::read_series(const TaskId& task, const std::string& series,
                                       std::int64_t after_step, std::size_t points_max,
                                       std::vector<protocol::MetricPoint>& out) const {
  const std::string prefix = series_key(task, series);
  if (after_step == std::numeric_limits<std::int64_t>::max()) return {};
  const std::string from = prefix + key_i64(after_step + 1);
  bool any = false;  // of this series, so that a later attempt replaces the point before
  return values_->scan(from, prefix_end(prefix), [&](std::string_view key, std::string_view value) {
    if (key.size() != prefix.size() + 16 || value.size() != 16) return true;
    protocol::MetricPoint point;
    point.series = series;
    point.step = read_i64(key.substr(prefix.size()));
    point.attempt = read_u64(key.substr(prefix.size() + 8));
    point.value = std::bit_cast<double>(read_u64(value));
    point.at.microseconds = read_i64(value.substr(8));
    if (any && out.back().step == point.step) {
      out.back() = std::move(point);
      return true;
    }
    if (out.size() >= points_max) return false;
    out.push_back(std::move(point));
    any = true;
    return true;
  });
}

Result<std::vector<protocol::MetricPoint>> MetricsStore::read_metrics(
    const TaskId& task, const std::vector<std::string>& series, std::int64_t after_step,
    std::size_t points_max) const {
  std::vector<std::string> names = series;
  if (names.empty()) {
    const std::string prefix = task_key('m', task);
    std::string from = prefix;
    for (bool found = true; found;) {
      found = false;
      ORCH_TRY(values_->scan(from, prefix_end(prefix), [&](std::string_view key, std::string_view) {
        const std::string_view rest = key.substr(prefix.size());
        names.emplace_back(rest.substr(0, rest.find('\0')));
        found = true;
        return false;
      }));
      if (found) from = prefix_end(prefix + key_text(names.back()));
    }
  }
  std::vector<protocol::MetricPoint> out;
  for (const std::string& name : names) {
    ORCH_TRY(read_series(task, name, after_step, points_max, out));
  }
  return out;
}

}  // namespace orch::storage
