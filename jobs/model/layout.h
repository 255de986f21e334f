#pragma once
// Where each tensor of a model lies in one flat fp32 buffer. Parameters, gradients and both moments
// share this layout; it depends on the configuration only. Plain values, any thread.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "jobs/model/config.h"

namespace orch::model {

/// Floats. Every tensor starts on a block and the total is a multiple: optimizer slices, norms and
/// digests cut at blocks only, so no border ever depends on the rank count.
inline constexpr std::int64_t kBlock = 1024;

struct Parameter {
  std::string name;  ///< Hugging Face's, e.g. model.layers.0.self_attn.q_proj.weight
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0;  ///< floats from the start; a multiple of kBlock
  std::int64_t size = 0;    ///< floats
  bool decay = false;       ///< weight decay applies: matrices, not norms or biases
};

struct Layout {
  std::vector<Parameter> parameters;  ///< in order of offset
  std::int64_t total = 0;             ///< floats, a multiple of kBlock; the gaps hold zeros

  std::int64_t blocks() const { return total / kBlock; }
  /// Null when there is no such tensor.
  const Parameter* find(const std::string& name) const;
};

/// With tied embeddings there is no lm_head.weight.
Layout make_layout(const Config& config);

/// Fills `parameters` (Layout::total floats): N(0, initializer_range) for matrices, o and down
/// projections scaled by 1/sqrt(2·layers), norms 1, biases and gaps 0. Each element is f(seed,
/// tensor, index) only.
void initialise(const Config& config, const Layout& layout, std::uint64_t seed,
                std::span<float> parameters);

}  // namespace orch::model
