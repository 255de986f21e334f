#include <cmath>

#include "kernels/form.h"

namespace orch::kernels::reference {

void swiglu_forward(float* y, const float* gate, const float* up, std::int64_t rows,
                    std::int64_t dim, std::int64_t gate_stride, std::int64_t y_stride, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t i = 0; i < dim; ++i) {
      const double g = gate[row * gate_stride + i];
      y[row * y_stride + i] =
          static_cast<float>(g / (1.0 + std::exp(-g)) * up[row * gate_stride + i]);
    }
  }
}

void swiglu_backward(float* dgate, float* dup, const float* dy, const float* gate, const float* up,
                     std::int64_t rows, std::int64_t dim, std::int64_t gate_stride,
                     std::int64_t y_stride, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t i = 0; i < dim; ++i) {
      const std::int64_t at = row * gate_stride + i;
      const double g = gate[at];
      const double u = up[at];
      const double d = dy[row * y_stride + i];
      const double s = 1.0 / (1.0 + std::exp(-g));
      dgate[at] = static_cast<float>(d * u * s * (1.0 + g * (1.0 - s)));
      dup[at] = static_cast<float>(d * g * s);
    }
  }
}

}  // namespace orch::kernels::reference
