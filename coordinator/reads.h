#pragma once
// Reads of logs and metrics: names → queries of the metrics lane, pages → replies. Pure.

#include "base/result.h"
#include "coordinator/state.h"
#include "protocol/messages.h"
#include "storage/metrics_store.h"

namespace orch::coordinator {

/// Errors: kNotFound, kInvalid.
Result<storage::LogQuery> log_query(const State& state, const protocol::ReadLogs& request);

/// `end` when every attempt that the query names is over and its logs are here, or their worker is
/// silent.
protocol::ReadLogsReply log_reply(const State& state, const storage::LogQuery& query,
                                  storage::LogPage page);

/// Errors: kNotFound; kInvalid for a whole job of several tasks.
Result<TaskId> metrics_task(const State& state, const std::string& name);

}  // namespace orch::coordinator
