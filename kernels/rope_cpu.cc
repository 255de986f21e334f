#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

void rope(float* x, const std::int32_t* positions, const float* cos_table, const float* sin_table,
          std::int64_t tokens, std::int64_t heads, std::int64_t head_dim, std::int64_t token_stride,
          bool inverse, void*) {
  const std::int64_t half = head_dim / 2;
  const F16 sign = splat(inverse ? -1.0F : 1.0F);
  for (std::int64_t token = 0; token < tokens; ++token) {
    const float* cosines = cos_table + positions[token] * half;
    const float* sines = sin_table + positions[token] * half;
    for (std::int64_t head = 0; head < heads; ++head) {
      float* low = x + token * token_stride + head * head_dim;
      float* high = low + half;
      for_lanes(half, [&](std::int64_t i, auto lanes) {
        const F16 c = load(cosines + i, lanes);
        const F16 s = load(sines + i, lanes) * sign;
        const F16 a = load(low + i, lanes);
        const F16 b = load(high + i, lanes);
        store(low + i, a * c - b * s, lanes);
        store(high + i, b * c + a * s, lanes);
      });
    }
  }
}

}  // namespace orch::kernels::ORCH_FORM
