#pragma once
// The life of one rank: from RankStart on its inherited socket to an exit code. No exception leaves
// it.

namespace orch::jobs {

/// Reads descriptor kRankChannelFd, runs the task, reports. 0: done or stopped on request; 2: wrong
/// input; 1: else.
int run_rank_process();

}  // namespace orch::jobs
