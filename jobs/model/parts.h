#pragma once
// What a model is made of, worked out once: offsets of every matrix, rotary tables, the op table.
// Internal to jobs/model; immutable after create, shared by threads.

#include <array>
#include <cstdint>
#include <vector>

#include "jobs/model/llama.h"
#include "kernels/ops.h"

namespace orch::model {

/// One to three linears that read the same input and write side by side into one buffer (q k v;
/// gate up; o; down). When their weights are contiguous, they are multiplied as one matrix.
struct LinearGroup {
  int count = 0;
  std::int64_t in = 0;
  std::int64_t out_total = 0;  ///< floats from row to row in the output
  bool fused = false;
  std::array<std::int64_t, 3> out{};
  std::array<std::int64_t, 3> weight{};  ///< offsets in the parameters
  std::array<std::int64_t, 3> bias{};    ///< -1: none

  /// y (rows, out_total) = x · wᵀ + bias + beta · y.
  void forward(const float* parameters, const float* x, float* y, std::int64_t rows,
               float beta) const;
  /// dx (rows, in) = dy · w; the gradients of weights and biases are added to.
  void backward(const float* parameters, float* gradient, const float* x, const float* dy,
                float* dx, std::int64_t rows) const;
};

struct LayerParts {
  std::int64_t input_norm = 0, post_norm = 0;
  LinearGroup qkv, o, gate_up, down;
};

struct Llama::Parts {
  Config config;
  Layout layout;
  const kernels::Ops* ops = nullptr;
  std::int64_t embedding = 0, final_norm = 0, head = 0;  ///< head == embedding when tied
  std::vector<LayerParts> layers;
  AlignedBuffer cos_table, sin_table;  ///< (max_position_embeddings, head_dim / 2)
  float attention_scale = 1.0F;

  static Parts make(Config config, const kernels::Ops& ops);
  kernels::AttentionShape attention_shape(std::int64_t windows, std::int64_t length) const;
  /// Rows of logits at a time: a function of the vocabulary only, so that shapes stay fixed.
  std::int64_t head_rows() const;
};

}  // namespace orch::model
