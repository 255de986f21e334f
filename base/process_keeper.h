#pragma once
// The keeper: a process between the host and one rank (see process_host.h). Internal to base/.

#include <sys/types.h>

#include "base/process_host.h"
#include "base/process_wire.h"

namespace orch {

/// What a keeper needs; descriptors are -1 where there is none.
struct KeeperStart {
  const process_wire::Program* program = nullptr;
  const ForkMain* fork_main = nullptr;
  pid_t host = 0;
  int status = -1;  ///< pipe for Reports
  int channel = -1;
  int log = -1;
};

/// The signal (with the number to pass on as its value) by which a host talks to its keepers.
int keeper_signal();

/// The life of a keeper, called in the forked child of the host: starts the rank, waits for its
/// end, kills what it left, reports. Dies with the host.
[[noreturn]] void run_keeper(const KeeperStart& start);

}  // namespace orch
