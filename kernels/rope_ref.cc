#include "kernels/form.h"

namespace orch::kernels::reference {

void rope(float* x, const std::int32_t* positions, const float* cos_table, const float* sin_table,
          std::int64_t tokens, std::int64_t heads, std::int64_t head_dim, std::int64_t token_stride,
          bool inverse, void*) {
  const std::int64_t half = head_dim / 2;
  for (std::int64_t token = 0; token < tokens; ++token) {
    for (std::int64_t head = 0; head < heads; ++head) {
      float* pair = x + token * token_stride + head * head_dim;
      for (std::int64_t i = 0; i < half; ++i) {
        const double c = cos_table[positions[token] * half + i];
        const double s = sin_table[positions[token] * half + i] * (inverse ? -1.0 : 1.0);
        const double low = pair[i];
        const double high = pair[i + half];
        pair[i] = static_cast<float>(low * c - high * s);
        pair[i + half] = static_cast<float>(high * c + low * s);
      }
    }
  }
}

}  // namespace orch::kernels::reference
