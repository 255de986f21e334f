#pragma once
// Sums over whole vectors: the node of the gradient tree, and the blocks of the gradient norm.
// Forms: _ref.cc, _cpu.cc, .cu.

#include <cstdint>

namespace orch::kernels {

/// a += b.
/// Shapes: a, b (n); a may equal b.
using AddInto = void(float* a, const float* b, std::int64_t n, void* stream);

/// *out = Σ x², in fp64 over 16 fixed lanes and a fixed tree.
/// Shapes: x (n); out: one double (device memory on CUDA).
using SumSquares = void(double* out, const float* x, std::int64_t n, void* stream);

}  // namespace orch::kernels
