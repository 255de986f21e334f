#pragma once
// How far a task is, on standard error: one line that is rewritten on a terminal (with a bar), a
// new line now and then elsewhere. Main thread.

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace orch::jobs {

class ProgressLine {
 public:
  /// `metrics_path`: metrics.jsonl of the task's rank 0; what it says about loss and speed is
  /// shown.
  ProgressLine(const Clock& clock, std::string task, std::string metrics_path);
  /// A rank is at `step` of `steps` (0: unknown). Prints when something is due.
  void beat(std::int64_t step, std::int64_t steps);
  /// Ends the line with a last word.
  void finish(const std::string& word);

 private:
  void print();
  void read_metrics();
  std::string text() const;

  const Clock& clock_;
  std::string task_, metrics_path_;
  std::uint64_t offset_ = 0;  ///< of metrics.jsonl, read so far
  bool terminal_;
  std::int64_t step_ = 0, steps_ = 0, first_step_ = -1;
  double loss_ = 0, tokens_per_second_ = 0;
  TimePoint began_, printed_, first_beat_;
};

}  // namespace orch::jobs
