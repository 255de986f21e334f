#pragma once
// Forward and backward over the whole decoder on one thread's activations. Internal to jobs/model.

#include "jobs/model/batch.h"
#include "jobs/model/parts.h"
#include "jobs/model/workspace.h"

namespace orch::model {

/// One layer: from activations.x_in to `x_next` (rows, hidden). `positions` and `segment_start`
/// hold windows · length.
void layer_forward(const Llama::Parts& parts, const LayerParts& layer, const float* parameters,
                   const Batch& batch, const LayerActivations& activations, float* x_next);

/// Embedding, all layers and the final norm: ends with state.normed_out (rows, hidden).
void decoder_forward(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                     Workspace::State& state);

/// From state.d_normed, the gradient of normed_out, back to the embedding. Adds to `gradient`.
void decoder_backward(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                      float* gradient, Workspace::State& state);

/// Loss of all rows of state.normed_out, chunk by chunk. With `gradient` also state.d_normed and
/// the head's gradient.
ShardLoss head_loss(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                    float* gradient, Workspace::State& state);

}  // namespace orch::model
