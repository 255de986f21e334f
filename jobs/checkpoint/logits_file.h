#pragma once
// Logits of given sequences from a model directory, as a safetensors file: how Orch's forward pass
// is compared with other programs'. Called by orch-rank for `orch-tool logits`.

#include <string>

#include "base/result.h"

namespace orch::checkpoint {

/// `ids_path`: JSON [[id, …], …]. Writes fp32 tensors logits.0, logits.1, …, each (position,
/// vocabulary), under a temporary name first. Errors: kInvalid with file and sequence; as
/// load_model. Thread: single-threaded math in it.
Result<void> write_logits(const std::string& model_directory, const std::string& ids_path,
                          const std::string& output_path);

}  // namespace orch::checkpoint
