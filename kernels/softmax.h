#pragma once
// Causal softmax inside document segments over whole score matrices, forward and backward, in
// place. Forms: _ref.cc, _cpu.cc, .cu. Fused attention (kernels/attention.h) needs no score matrix.

#include <cstdint>

namespace orch::kernels {

/// Row t of each matrix becomes softmax(scale · scores[t, s..t]) with s = segment_start[window, t],
/// zeros elsewhere (what stood there is not read).
/// Shapes: scores (windows, heads, length, length); segment_start (windows, length), 0 ≤ s ≤ t.
using SoftmaxMaskedForward = void(float* scores, const std::int32_t* segment_start,
                                  std::int64_t windows, std::int64_t heads, std::int64_t length,
                                  float scale, void* stream);

/// dprobs becomes dscores = scale · probs · (dprobs − Σ probs·dprobs) inside the mask, zeros
/// elsewhere.
/// Shapes: dprobs, probs (windows, heads, length, length); segment_start (windows, length).
using SoftmaxMaskedBackward = void(float* dprobs, const float* probs,
                                   const std::int32_t* segment_start, std::int64_t windows,
                                   std::int64_t heads, std::int64_t length, float scale,
                                   void* stream);

}  // namespace orch::kernels
