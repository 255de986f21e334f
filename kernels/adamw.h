#pragma once
// The AdamW update of a range of parameters. Forms: _ref.cc, _cpu.cc, .cu. Element-wise: a range
// may be cut anywhere.

#include <cstdint>

namespace orch::kernels {

/// One step's numbers, the same for all ranks; fp64, rounded to fp32 once where they meet the
/// tensors.
struct AdamWStep {
  double lr = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.0;
  double grad_scale = 1.0;  ///< multiplies each gradient: clipping and 1 / tokens folded in
  std::int64_t step = 1;    ///< of this update, from 1
};

/// m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g², param = param·(1 − lr·wd) − lr/(1−β₁^step) · m /
/// (√v/√(1−β₂^step) + ε), with g = grad_scale·grad. Corrections are computed in fp64 on the host.
/// Shapes: param, m, v, grad (n).
/// Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2; order of operations of
/// torch.optim.AdamW.
using AdamW = void(float* param, float* m, float* v, const float* grad, std::int64_t n,
                   const AdamWStep& step, void* stream);

}  // namespace orch::kernels
