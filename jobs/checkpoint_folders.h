#pragma once
// Names of checkpoint directories in a task's output folder, and which of them count. Any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::jobs {

/// A checkpoint directory of a step.
struct CheckpointRecord {
  std::int64_t step = 0;
  std::string path, digest, ledger_hash;
};

/// OUT/step-000600
std::string checkpoint_directory(const std::string& out, std::int64_t step);
/// Step of "step-000600", or -1 for any other name.
std::int64_t checkpoint_step(std::string_view name);
/// Committed checkpoint directories in `out`, by step. Digests are not read.
Result<std::vector<CheckpointRecord>> list_checkpoints(const std::string& out);
/// The manifest goes first: what is half deleted is no checkpoint.
Result<void> remove_checkpoint(const std::string& path);

}  // namespace orch::jobs
