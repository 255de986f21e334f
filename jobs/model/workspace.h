#pragma once
// The activations of one thread, in one aligned allocation. Internal to jobs/model.

#include <cstdint>
#include <vector>

#include "jobs/model/aligned_buffer.h"
#include "jobs/model/llama.h"

namespace orch::model {

/// What one layer keeps for its backward pass; without backward all layers share one. M = windows ·
/// length.
struct LayerActivations {
  float* x_in = nullptr;      ///< (M, hidden) residual stream before the layer
  float* rstd1 = nullptr;     ///< (M)
  float* normed1 = nullptr;   ///< (M, hidden)
  float* qkv = nullptr;       ///< (M, qkv), rotated
  float* attended = nullptr;  ///< (M, q)
  float* lse = nullptr;       ///< (heads, M)
  float* x_mid = nullptr;     ///< (M, hidden) after attention
  float* rstd2 = nullptr;     ///< (M)
  float* normed2 = nullptr;   ///< (M, hidden)
  float* gate_up = nullptr;   ///< (M, 2 · intermediate); backward turns it into its gradient
  float* gated = nullptr;     ///< (M, intermediate)
};

struct Workspace::State {
  AlignedBuffer memory;
  Config config;  ///< the model that the pointers below were cut for
  std::int64_t rows = 0;
  bool training = false;

  std::vector<LayerActivations> layers;
  float* x_out = nullptr;       ///< (M, hidden) after the last layer
  float* rstd_out = nullptr;    ///< (M)
  float* normed_out = nullptr;  ///< (M, hidden)
  float* logits = nullptr;      ///< (head_rows, vocabulary)
  float* losses = nullptr;      ///< (head_rows)
  float* d_x = nullptr;         ///< (M, hidden) gradient of the residual stream
  float* d_normed = nullptr;    ///< (M, hidden)
  float* d_attended = nullptr;  ///< (M, q)
  float* d_qkv = nullptr;       ///< (M, qkv)
  float* d_gated = nullptr;     ///< (M, intermediate)

  void prepare(const Llama::Parts& parts, std::int64_t rows_wanted, bool training_wanted);
};

}  // namespace orch::model
