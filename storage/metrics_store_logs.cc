// The logs half of MetricsStore.

#include <charconv>

#include "storage/metrics_store.h"

namespace orch::storage {
namespace {

std::string rank_suffix(Attempt attempt, int rank) {
  return key_u64(attempt.value) + key_u32(static_cast<std::uint32_t>(rank));
}

std::string log_key(char prefix, const TaskId& task, Attempt attempt, int rank) {
  return std::string(1, prefix) + key_u64(task.job.value) + task.task + '\0' +
         rank_suffix(attempt, rank);
}

std::string end_value(const LogEnd& end) {
  return key_u64(end.end_offset) + std::string(1, end.closed ? '\1' : '\0');
}

/// 'e' job task 0 attempt rank → what it names.
std::optional<LogEnd> parse_end(std::string_view key, std::string_view value) {
  constexpr std::size_t kTaskAt = 9, kSuffix = 12;
  const auto zero = key.find('\0', kTaskAt);
  if (zero == std::string_view::npos || key.size() != zero + 1 + kSuffix || value.size() != 9) {
    return std::nullopt;
  }
  LogEnd end;
  end.task = std::string(key.substr(kTaskAt, zero - kTaskAt));
  end.attempt = Attempt{read_u64(key.substr(zero + 1))};
  end.rank = static_cast<int>(read_u32(key.substr(zero + 9)));
  end.end_offset = read_u64(value);
  end.closed = value[8] != '\0';
  return end;
}

std::string log_name(const LogEnd& log) {
  return log.task + "/" + std::to_string(log.attempt.value) + "/" + std::to_string(log.rank);
}

/// "task/attempt/rank=offset," for each log that was read from.
Result<std::map<std::string, std::uint64_t>> parse_cursor(std::string_view text) {
  std::map<std::string, std::uint64_t> out;
  while (!text.empty()) {
    const auto equals = text.find('='), comma = text.find(',');
    if (equals == std::string_view::npos || comma == std::string_view::npos || comma < equals) {
      return invalid("the log cursor is not one that this coordinator gave");
    }
    std::uint64_t offset = 0;
    const auto [end, error] =
        std::from_chars(text.data() + equals + 1, text.data() + comma, offset);
    if (error != std::errc{} || end != text.data() + comma) {
      return invalid("the log cursor is not one that this coordinator gave");
    }
    out[std::string(text.substr(0, equals))] = offset;
    text.remove_prefix(comma + 1);
  }
  return out;
}

}  // namespace

Result<LogEnd> MetricsStore::append_log(const protocol::LogChunk& chunk, bool closed) {
  const TaskId& task = chunk.attempt.task;
  const std::string key = log_key('e', task, chunk.attempt.attempt, chunk.rank);
  ORCH_ASSIGN(const auto stored, values_->get(key));
  LogEnd end;
  if (stored) end = parse_end(key, *stored).value_or(LogEnd{});
  end.task = task.task;
  end.attempt = chunk.attempt.attempt;
  end.rank = chunk.rank;
  if (chunk.offset > end.end_offset) return end;
  const std::uint64_t known = end.end_offset - chunk.offset;
  const bool brings = chunk.bytes.size() > known;
  const bool closes = closed && !end.closed && chunk.offset + chunk.bytes.size() >= end.end_offset;
  if (!brings && !closes) return end;
  Batch batch;
  if (brings) {
    batch.puts.emplace_back(
        log_key('l', task, chunk.attempt.attempt, chunk.rank) + key_u64(end.end_offset),
        chunk.bytes.substr(known));
    end.end_offset = chunk.offset + chunk.bytes.size();
  }
  end.closed = end.closed || closes;
  batch.puts.emplace_back(key, end_value(end));
  ORCH_TRY(values_->write(batch, false));
  return end;
}

Result<std::vector<LogEnd>> MetricsStore::log_ends(const LogQuery& query) const {
  std::string prefix = std::string(1, 'e') + key_u64(query.job.value);
  if (!query.task.empty()) {
    prefix += query.task;
    prefix += '\0';
  }
  std::vector<LogEnd> out;
  ORCH_TRY(
      values_->scan(prefix, prefix_end(prefix), [&](std::string_view key, std::string_view value) {
        const auto end = parse_end(key, value);
        if (end && (!query.attempt || query.attempt == end->attempt) &&
            (!query.rank || *query.rank == end->rank)) {
          out.push_back(*end);
        }
        return true;
      }));
  return out;
}

Result<std::uint64_t> MetricsStore::read_chunks(const LogQuery& query, const LogEnd& log,
                                                std::uint64_t from, std::size_t& budget_bytes,
                                                LogPage& page) const {
  const TaskId task{query.job, log.task};
  const std::string prefix = log_key('l', task, log.attempt, log.rank);
  // The chunk that holds `from` may begin before it.
  ORCH_ASSIGN(const auto first, values_->last_in(prefix, prefix + key_u64(from + 1)));
  const std::string start = first ? first->first : prefix;
  ORCH_TRY(
      values_->scan(start, prefix_end(prefix), [&](std::string_view key, std::string_view value) {
        const std::uint64_t offset = read_u64(key.substr(prefix.size()));
        if (offset + value.size() <= from) return true;
        if (budget_bytes == 0) return false;
        const std::string_view fresh = value.substr(from - offset, budget_bytes);
        page.chunks.push_back({{task, log.attempt}, log.rank, from, std::string(fresh)});
        budget_bytes -= fresh.size();
        from += fresh.size();
        return true;
      }));
  return from;
}

Result<LogPage> MetricsStore::read_logs(const LogQuery& query) const {
  ORCH_ASSIGN(auto positions, parse_cursor(query.cursor));
  LogPage page;
  ORCH_ASSIGN(page.logs, log_ends(query));
  std::size_t budget_bytes = query.bytes_max;
  for (const LogEnd& log : page.logs) {
    std::uint64_t& position = positions[log_name(log)];
    if (position < log.end_offset && budget_bytes > 0) {
      ORCH_ASSIGN(position, read_chunks(query, log, position, budget_bytes, page));
    }
    page.exhausted = page.exhausted && position >= log.end_offset;
  }
  for (const auto& [name, offset] : positions) {
    page.cursor += name + "=" + std::to_string(offset) + ",";
  }
  return page;
}

}  // namespace orch::storage
