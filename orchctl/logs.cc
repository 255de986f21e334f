// logs and metrics: what ranks wrote, over all attempts.
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <regex>

#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

constexpr Duration kNewLinesEvery = std::chrono::milliseconds(200);

/// Cuts the chunks of many ranks into whole lines; shows who wrote a line when several did.
class LinePrinter {
 public:
  LinePrinter(std::optional<std::regex> pattern, Output output)
      : pattern_(std::move(pattern)), output_(output) {}

  void add(const protocol::LogChunk& chunk) {
    std::string& open = open_[{chunk.attempt, chunk.rank}];
    open += chunk.bytes;
    std::size_t begin = 0;
    for (std::size_t end; (end = open.find('\n', begin)) != std::string::npos; begin = end + 1) {
      print(chunk.attempt, chunk.rank, open.substr(begin, end - begin));
    }
    open.erase(0, begin);
  }

  void finish() {
    for (const auto& [who, rest] : open_) {
      if (!rest.empty()) print(who.first, who.second, rest);
    }
    open_.clear();
  }

 private:
  void print(const AttemptId& attempt, int rank, std::string line) {
    if (const std::size_t carriage = line.rfind('\r');
        carriage != std::string::npos && carriage + 1 < line.size()) {
      line.erase(0, carriage + 1);  // of a progress bar only its last state
    }
    if (pattern_ && !std::regex_search(line, *pattern_)) return;
    if (output_ == Output::kTable) {
      std::printf("%s.%d| %s\n", attempt.text().c_str(), rank, line.c_str());
    } else {
      const nlohmann::ordered_json record = {{"job", attempt.task.job.value},
                                             {"task", attempt.task.task},
                                             {"attempt", attempt.attempt.value},
                                             {"rank", rank},
                                             {"line", line}};
      std::printf(
          "%s\n",
          record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace).c_str());
    }
  }

  std::optional<std::regex> pattern_;
  Output output_;
  std::map<std::pair<AttemptId, int>, std::string> open_;
};

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

}  // namespace

int logs(Session& session) {
  const Options& options = session.options();
  std::optional<std::regex> pattern;
  if (!options.grep.empty()) {
    try {
      pattern.emplace(options.grep, std::regex::extended);
    } catch (const std::regex_error& error) {
      return fail(options, invalid("--grep " + options.grep +
                                   " is not a regular expression: " + error.what()));
    }
  }
  LinePrinter printer(std::move(pattern), options.output);
  if (options.follow) catch_interrupts();
  protocol::ReadLogs request{options.name, options.attempt, {}};
  for (;;) {
    auto reply = session.ask<protocol::ReadLogsReply>(request);
    if (!reply.ok() && !(options.follow && reply.error().code == Code::kUnavailable)) {
      return fail(options, reply.error());
    }
    const bool idle = !reply.ok() || reply->chunks.empty();
    if (reply.ok()) {
      for (const protocol::LogChunk& chunk : reply->chunks) printer.add(chunk);
      request.cursor = reply->cursor;
      std::fflush(stdout);
      if (idle && (!options.follow || reply->end)) break;
    }
    if (interrupted()) return kExitInterrupted;
    if (idle) sleep_for(kNewLinesEvery);
  }
  printer.finish();
  return kExitDone;
}

int metrics(Session& session) {
  const Options& options = session.options();
  auto reply = session.ask<protocol::ReadMetricsReply>(
      protocol::ReadMetrics{options.name, options.series, -1});
  if (!reply.ok()) return fail(options, reply.error());
  if (options.output == Output::kJson || options.output == Output::kYaml) {
    nlohmann::ordered_json points = nlohmann::ordered_json::array();
    for (const auto& point : reply->points) {
      points.push_back({{"series", point.series},
                        {"step", point.step},
                        {"value", point.value},
                        {"attempt", point.attempt},
                        {"time", iso8601(point.at)}});
    }
    print_record(options.output, {{"metrics", std::move(points)}});
    return kExitDone;
  }
  const char* separator = options.output == Output::kCsv ? "," : "\t";
  std::printf("series%sstep%svalue%sattempt%stime\n", separator, separator, separator, separator);
  for (const auto& point : reply->points) {
    std::printf("%s%s%" PRId64 "%s%s%s%" PRIu64 "%s%s\n", point.series.c_str(), separator,
                point.step, separator, number(point.value).c_str(), separator, point.attempt,
                separator, iso8601(point.at).c_str());
  }
  return kExitDone;
}

}  // namespace orch::orchctl
