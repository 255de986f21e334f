#pragma once
// SwiGLU, forward and backward. Forms: _ref.cc, _cpu.cc, .cu. Rows are strided, so that gate and up
// may be the halves of one fused product.

#include <cstdint>

namespace orch::kernels {

/// y = silu(gate) · up, silu(x) = x / (1 + exp(−x)). y may alias gate or up.
/// Shapes: gate, up (rows, dim), `gate_stride` floats from row to row; y (rows, dim) with
/// `y_stride`.
/// Source: Shazeer 2020, arXiv:2002.05202, eq. 6.
using SwigluForward = void(float* y, const float* gate, const float* up, std::int64_t rows,
                           std::int64_t dim, std::int64_t gate_stride, std::int64_t y_stride,
                           void* stream);

/// dgate = dy · up · silu'(gate), dup = dy · silu(gate). dgate may alias gate, and dup may alias
/// up.
/// Shapes: dgate, dup, gate, up (rows, dim) with `gate_stride`; dy (rows, dim) with `y_stride`.
using SwigluBackward = void(float* dgate, float* dup, const float* dy, const float* gate,
                            const float* up, std::int64_t rows, std::int64_t dim,
                            std::int64_t gate_stride, std::int64_t y_stride, void* stream);

}  // namespace orch::kernels
