#include "jobs/progress_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/file.h"

namespace orch::jobs {
namespace {

constexpr int kBarColumns = 24;
constexpr Duration kTerminalPeriod = std::chrono::milliseconds(200);
constexpr Duration kPlainPeriod = std::chrono::seconds(5);

/// The value of the last line of a series in a piece of metrics.jsonl.
bool last_value(std::string_view text, std::string_view series, double& value) {
  const std::string key = "{\"series\":\"" + std::string(series) + "\"";
  const std::size_t at = text.rfind(key);
  if (at == std::string_view::npos) return false;
  const std::size_t field = text.find("\"value\":", at);
  if (field == std::string_view::npos) return false;
  value = std::strtod(std::string(text.substr(field + 8, 32)).c_str(), nullptr);
  return true;
}

std::string grouped(double number) {
  std::string digits = std::to_string(static_cast<long long>(number));
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace

ProgressLine::ProgressLine(const Clock& clock, std::string task, std::string metrics_path)
    : clock_(clock),
      task_(std::move(task)),
      metrics_path_(std::move(metrics_path)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      began_(clock.now()),
      printed_(began_),
      first_beat_(began_) {
  // An earlier run's numbers are no news.
  if (const auto size = file_size(metrics_path_); size.ok()) offset_ = *size;
}

void ProgressLine::beat(std::int64_t step, std::int64_t steps) {
  if (first_step_ < 0) {
    first_step_ = step;
    first_beat_ = clock_.now();
  }
  step_ = std::max(step_, step);
  steps_ = steps;
  if (clock_.now() - printed_ >= (terminal_ ? kTerminalPeriod : kPlainPeriod)) print();
}

void ProgressLine::read_metrics() {
  const FileDescriptor file(::open(metrics_path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return;
  const auto size =
      static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(file.get(), 0, SEEK_END)));
  const std::uint64_t begin = std::max(offset_, size > 4096 ? size - 4096 : 0);
  std::string text(static_cast<std::size_t>(size > begin ? size - begin : 0), '\0');
  const ssize_t got = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(begin));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  last_value(text, "loss", loss_);
  last_value(text, "tokens_per_second", tokens_per_second_);
}

std::string ProgressLine::text() const {
  std::string out = task_;
  if (steps_ > 0) out += "  " + std::to_string(step_) + "/" + std::to_string(steps_);
  char number[64];
  if (loss_ > 0) {
    std::snprintf(number, sizeof number, "  loss %.4f", loss_);
    out += number;
  }
  if (tokens_per_second_ > 0) out += "  " + grouped(tokens_per_second_) + " tokens/s";
  if (steps_ > step_ && step_ > first_step_) {
    const auto spent = clock_.now() - first_beat_;
    out += "  " + human_duration(spent / (step_ - first_step_) * (steps_ - step_)) + " left";
  }
  return out;
}

void ProgressLine::print() {
  printed_ = clock_.now();
  read_metrics();
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text().c_str());
    return;
  }
  std::string bar;
  if (steps_ > 0) {
    const auto full = static_cast<int>(kBarColumns * step_ / steps_);
    for (int i = 0; i < kBarColumns; ++i) bar += i < full ? "█" : "░";
    bar += " ";
  }
  std::fprintf(stderr, "\r\x1b[K%s%s", bar.c_str(), text().c_str());
}

void ProgressLine::finish(const std::string& word) {
  if (terminal_) std::fprintf(stderr, "\r\x1b[K");
  std::fprintf(stderr, "%s  %s after %s\n", task_.c_str(), word.c_str(),
               human_duration(clock_.now() - began_).c_str());
}

}  // namespace orch::jobs
