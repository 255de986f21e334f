#pragma once
// A step of a collective operation that fails on one rank fails on all, with that rank's words.

#include "base/result.h"
#include "jobs/parallel/comm.h"

namespace orch::checkpoint {

/// Every rank brings its result; all get ok, or the error of the lowest rank that has one ("rank 2:
/// …").
Result<void> agree(parallel::Comm& comm, const Result<void>& mine);

}  // namespace orch::checkpoint
