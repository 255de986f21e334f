#pragma once
// What an order to start ranks means: the spec parsed again, the task found, one SpawnRank a rank
// with its environment or first frame. Pure.

#include "base/result.h"
#include "worker/reactor.h"

namespace orch::worker {

/// The spawn requests of the ranks of `order` on this worker, in its order.
/// Errors: kInvalid for a spec, task or rank list that does not fit.
Result<std::vector<SpawnRank>> plan_ranks(const Config& config, const protocol::StartRanks& order);

}  // namespace orch::worker
