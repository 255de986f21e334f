// orch-rank: one rank of a task (socket to its parent on descriptor 3), the warm process that forks
// ranks (--host), or a verb of orch-tool that needs tensors.

#include <string_view>

#include "base/log.h"
#include "base/process_host.h"
#include "jobs/rank_process.h"
#include "jobs/tensor_verbs.h"

int main(int argc, char** argv) {
  // The host has loaded LibTorch by being linked to it, and runs none of it: a forked rank starts
  // clean.
  if (argc == 2 && std::string_view(argv[1]) == "--host") {
    orch::log_open("rank-host");
    return orch::run_process_host(orch::kHostControlFd,
                                  [] { return orch::jobs::run_rank_process(); });
  }
  if (argc > 1) return orch::jobs::run_tensor_verb(argc, argv);
  return orch::jobs::run_rank_process();
}
