#pragma once
// RMSNorm, forward and backward. Forms: _ref.cc (plain, fp64), _cpu.cc (vectorised), .cu. Called
// through kernels/ops.h. All extents may be odd; nothing need be aligned.

#include <cstdint>

namespace orch::kernels {

/// y = x · rstd · weight, rstd = 1 / sqrt(mean(x²) + epsilon), over the last dimension. y may alias
/// x.
/// Shapes: x, y (rows, dim); weight (dim); rstd (rows), kept for the backward pass.
/// Thread: CPU: in the caller; CUDA: async on `stream`.
/// Source: Zhang & Sennrich 2019, arXiv:1910.07467, eq. 4.
using RmsNormForward = void(float* y, float* rstd, const float* x, const float* weight,
                            std::int64_t rows, std::int64_t dim, float epsilon, void* stream);

/// dx = rstd · (dy·weight − x̂ · mean(dy·weight·x̂)) with x̂ = x · rstd, added to dx if
/// `accumulate_dx`, else written (then dx may alias dy). dweight += Σ_rows dy·x̂, rows in ascending
/// order.
/// Shapes: dx, dy, x (rows, dim); dweight, weight (dim); rstd (rows).
using RmsNormBackward = void(float* dx, float* dweight, const float* dy, const float* x,
                             const float* weight, const float* rstd, std::int64_t rows,
                             std::int64_t dim, bool accumulate_dx, void* stream);

}  // namespace orch::kernels
