#pragma once
// Reads checkpoints: Hugging Face model directories (one file or a sharded index, transformers 4.x
// and 5.x), with Orch's own sidecars in orch/ where there are any. Digests of orch/manifest.json
// are verified. Any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/model/config.h"
#include "jobs/model/layout.h"

namespace orch::checkpoint {

struct LoadedModel {
  model::Config config;
  model::Layout layout;
  model::AlignedBuffer parameters;  ///< Layout::total floats, gaps zero
  std::string digest;               ///< of the artifact; empty without orch/manifest.json
};

/// Errors: kNotFound (no such directory or no config.json), kInvalid (not a Llama), kCorrupt
/// (digest, safetensors, missing, extra or misshaped tensors), each with file and tensor.
Result<LoadedModel> load_model(const std::string& directory);

/// This rank's part of the optimizer: exp_avg and exp_avg_sq of the blocks [block_begin,
/// block_end). Errors: kNotFound when the checkpoint has no orch/optimizer.safetensors; kCorrupt as
/// above.
Result<void> load_optimizer(const std::string& directory, const model::Layout& layout,
                            std::int64_t block_begin, std::int64_t block_end, std::span<float> m,
                            std::span<float> v);

/// A small text of the checkpoint ("orch/run.json"). The digest was verified by load_model or
/// verify_directory.
Result<std::string> load_text(const std::string& directory, const std::string& relative_path);

}  // namespace orch::checkpoint
