#pragma once
// Watches one job to its end: a line for each change of state, a progress line for what trains.

#include <string>

#include "orchctl/session.h"

namespace orch::orchctl {

/// Returns 0 succeeded, 1 failed or cancelled, 130 on Ctrl-C (the job goes on; says how to
/// re-attach and cancel), or the code of an error. A coordinator that is away is waited for. `show`
/// false: only waits.
int follow_job(Session& session, const std::string& job, bool show);

}  // namespace orch::orchctl
