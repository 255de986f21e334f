#pragma once
// Causal grouped-query attention inside document segments, fused: no score matrix outlives a tile.
// Forms: _ref.cc, _cpu.cc, .cu. q, k, v and their gradients are strided views, such as parts of one
// fused qkv buffer.

#include <cstdint>

namespace orch::kernels {

/// Extents of one call. Query head h reads kv head h / (heads / kv_heads).
struct AttentionShape {
  std::int64_t windows = 0;
  std::int64_t length = 0;  ///< tokens a window
  /// Queries are the tokens first_query … length − 1 of each window, so that a cache of k and v is
  /// extended without the old queries: q, out, lse, segment_start hold length − first_query tokens
  /// a window. The bits are those of the whole window. The backward pass takes 0 only.
  std::int64_t first_query = 0;
  std::int64_t heads = 0;  ///< query heads, a multiple of kv_heads
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;    ///< 1 … 256
  std::int64_t q_stride = 0;    ///< floats from token to token in q and dq
  std::int64_t kv_stride = 0;   ///< the same in k, v, dk, dv
  std::int64_t out_stride = 0;  ///< the same in out, dout
  float scale = 1.0F;           ///< of the scores, > 0, usually 1 / sqrt(head_dim)

  std::int64_t queries() const { return length - first_query; }
};

/// out[t] = Σ softmax(scale · q[t]·k[s..t]) v, s = segment_start[t]. Saves lse, the log of each
/// sum.
/// Shapes: q, out (windows·queries, heads, head_dim), k, v (windows·length, kv_heads, head_dim),
/// with their strides from token to token; lse (heads, windows·queries); segment_start
/// (windows·queries), an index in the window, ≤ t.
/// Source: Dao et al. 2022, arXiv:2205.14135 (tiling, saved log-sum).
using AttentionForward = void(float* out, float* lse, const float* q, const float* k,
                              const float* v, const std::int32_t* segment_start,
                              const AttentionShape& shape, void* stream);

/// Writes dq, dk, dv (not added) from dout, the forward's inputs, out and lse. dq, dk, dv alias
/// nothing.
/// Shapes: as the forward's; dq like q, dk like k, dv like v, dout like out.
using AttentionBackward = void(float* dq, float* dk, float* dv, const float* dout, const float* out,
                               const float* lse, const float* q, const float* k, const float* v,
                               const std::int32_t* segment_start, const AttentionShape& shape,
                               void* stream);

}  // namespace orch::kernels
