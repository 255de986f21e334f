#pragma once
// The only code that changes facts: at run time as soon as a record is decided, in replay from the
// log. Deterministic. A record that does not fit the state is a bug of the writer or a wrong log;
// both end in kCorrupt, and the state is as before. Thread: the coordinator's.

#include "base/result.h"
#include "coordinator/record.h"
#include "coordinator/state.h"

namespace orch::coordinator {

/// Errors: kCorrupt, saying what does not fit.
Result<void> apply(State& state, const Record& record);

/// One line about a record for the history of a job or of the cluster; "" if it is no news.
struct HistoryLine {
  JobId job;
  std::string task, text;
  WallTime at;
};
HistoryLine history_line(const Record& record);

}  // namespace orch::coordinator
