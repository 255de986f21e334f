#pragma once
// Rotary position embedding in the half-rotation layout of Hugging Face (element i turns with i +
// head_dim / 2), and its tables. Forms: _ref.cc, _cpu.cc, .cu; tables: rope_tables.cc (host only,
// made once a model).

#include <cstdint>

namespace orch::kernels {

/// Turns each pair (x[i], x[i + head_dim/2]) by the angle of its position, in place; `inverse`
/// turns back, which is the backward pass.
/// Shapes: x (tokens, heads, head_dim), `token_stride` floats from token to token (a view into a
/// fused qkv buffer); positions (tokens), each in [0, rows of the tables); cos_table, sin_table
/// (positions_max, head_dim / 2).
/// Source: Su et al. 2021, arXiv:2104.09864, eq. 34; layout of transformers' apply_rotary_pos_emb.
using Rope = void(float* x, const std::int32_t* positions, const float* cos_table,
                  const float* sin_table, std::int64_t tokens, std::int64_t heads,
                  std::int64_t head_dim, std::int64_t token_stride, bool inverse, void* stream);

/// How frequencies are stretched for long contexts: `rope_scaling` / `rope_parameters` of a
/// config.json.
struct RopeScaling {
  enum class Kind : unsigned char { kNone, kLinear, kLlama3 };
  Kind kind = Kind::kNone;
  double factor = 1.0;
  double low_frequency_factor = 1.0;   ///< Llama 3 only
  double high_frequency_factor = 4.0;  ///< Llama 3 only
  double original_positions = 8192;    ///< Llama 3 only: original_max_position_embeddings
};

/// Fills cos and sin of position · frequency. Frequencies and angles are rounded to fp32 as
/// transformers does, so that long contexts agree with it.
/// Shapes: cos_table, sin_table (positions_max, head_dim / 2).
/// Errors: head_dim must be even (ORCH_CHECK).
/// Source: transformers modeling_rope_utils.py, _compute_default_rope_parameters,
/// _compute_llama3_parameters.
void rope_tables(float* cos_table, float* sin_table, std::int64_t positions_max,
                 std::int64_t head_dim, double theta, const RopeScaling& scaling = {});

}  // namespace orch::kernels
