#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

namespace {

// 1 / (1 + e^−x)
inline F16 sigmoid(F16 x) {
  const F16 one = splat(1.0F);
  return one / (one + exponential(splat(0.0F) - x));
}

}  // namespace

void swiglu_forward(float* y, const float* gate, const float* up, std::int64_t rows,
                    std::int64_t dim, std::int64_t gate_stride, std::int64_t y_stride, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      const F16 g = load(gate + row * gate_stride + i, lanes);
      const F16 u = load(up + row * gate_stride + i, lanes);
      store(y + row * y_stride + i, g * sigmoid(g) * u, lanes);
    });
  }
}

void swiglu_backward(float* dgate, float* dup, const float* dy, const float* gate, const float* up,
                     std::int64_t rows, std::int64_t dim, std::int64_t gate_stride,
                     std::int64_t y_stride, void*) {
  const F16 one = splat(1.0F);
  for (std::int64_t row = 0; row < rows; ++row) {
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      const std::int64_t at = row * gate_stride + i;
      const F16 g = load(gate + at, lanes);
      const F16 u = load(up + at, lanes);
      const F16 d = load(dy + row * y_stride + i, lanes);
      const F16 s = sigmoid(g);
      store(dgate + at, d * u * (s * (one + g * (one - s))), lanes);
      store(dup + at, d * (g * s), lanes);
    });
  }
}

}  // namespace orch::kernels::ORCH_FORM
