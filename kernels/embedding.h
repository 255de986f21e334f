#pragma once
// Token embedding: gather rows, and add gradients back in token order. Forms: _ref.cc, _cpu.cc,
// .cu.

#include <cstdint>

namespace orch::kernels {

/// y[t] = table[ids[t]].
/// Shapes: y (tokens, dim); table (vocabulary, dim); ids (tokens), each inside the table.
using EmbeddingGather = void(float* y, const float* table, const std::int32_t* ids,
                             std::int64_t tokens, std::int64_t dim, void* stream);

/// dtable[ids[t]] += dy[t], t ascending: the same order on every form, no atomics.
/// Shapes: dtable (vocabulary, dim); dy (tokens, dim); ids (tokens).
using EmbeddingScatterAdd = void(float* dtable, const float* dy, const std::int32_t* ids,
                                 std::int64_t tokens, std::int64_t dim, void* stream);

}  // namespace orch::kernels
