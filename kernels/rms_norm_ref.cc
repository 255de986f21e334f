#include <cmath>

#include "kernels/form.h"

namespace orch::kernels::reference {

void rms_norm_forward(float* y, float* rstd, const float* x, const float* weight, std::int64_t rows,
                      std::int64_t dim, float epsilon, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    double squares = 0.0;
    for (std::int64_t i = 0; i < dim; ++i) squares += double{x[row * dim + i]} * x[row * dim + i];
    const double r = 1.0 / std::sqrt(squares / static_cast<double>(dim) + epsilon);
    rstd[row] = static_cast<float>(r);
    for (std::int64_t i = 0; i < dim; ++i) {
      y[row * dim + i] = static_cast<float>(x[row * dim + i] * r * weight[i]);
    }
  }
}

void rms_norm_backward(float* dx, float* dweight, const float* dy, const float* x,
                       const float* weight, const float* rstd, std::int64_t rows, std::int64_t dim,
                       bool accumulate_dx, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const double r = rstd[row];
    double mean = 0.0;
    for (std::int64_t i = 0; i < dim; ++i) {
      mean += double{dy[row * dim + i]} * weight[i] * x[row * dim + i] * r;
    }
    mean /= static_cast<double>(dim);
    for (std::int64_t i = 0; i < dim; ++i) {
      const std::int64_t at = row * dim + i;
      const double normal = x[at] * r;
      dweight[i] += static_cast<float>(dy[at] * normal);
      const double d = (double{dy[at]} * weight[i] - normal * mean) * r;
      dx[at] = static_cast<float>(accumulate_dx ? dx[at] + d : d);
    }
  }
}

}  // namespace orch::kernels::reference
