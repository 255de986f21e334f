#pragma once
// One coordinator per home. The kernel lets go of the lock when the process ends, however it ends.
// Thread: main.

#include <string>

#include "base/file.h"
#include "base/result.h"

namespace orch::coordinator {

/// Holds HOME/run/coordinator.lock while the descriptor lives.
/// Errors: kUnavailable when another process holds it.
Result<FileDescriptor> lock_home(const std::string& home);

}  // namespace orch::coordinator
