// The products without MKL: loops in a fixed order, for builds without LibTorch (sanitizers). Other
// bits than MKL's.
#include "jobs/model/gemm.h"
#include "jobs/model/llama.h"

namespace orch::model {

void single_threaded_math() {}

void multiply_by_transposed(float* y, std::int64_t y_stride, const float* x, std::int64_t x_stride,
                            const float* w, std::int64_t w_stride, std::int64_t rows,
                            std::int64_t in, std::int64_t out, float beta) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t o = 0; o < out; ++o) {
      float sum = 0.0F;
      for (std::int64_t i = 0; i < in; ++i) sum += x[r * x_stride + i] * w[o * w_stride + i];
      float& at = y[r * y_stride + o];
      at = beta == 0.0F ? sum : at + sum;
    }
  }
}

void multiply(float* dx, std::int64_t dx_stride, const float* dy, std::int64_t dy_stride,
              const float* w, std::int64_t w_stride, std::int64_t rows, std::int64_t in,
              std::int64_t out, float beta) {
  for (std::int64_t r = 0; r < rows; ++r) {
    float* row = dx + r * dx_stride;
    if (beta == 0.0F) {
      for (std::int64_t i = 0; i < in; ++i) row[i] = 0.0F;
    }
    for (std::int64_t o = 0; o < out; ++o) {
      const float factor = dy[r * dy_stride + o];
      for (std::int64_t i = 0; i < in; ++i) row[i] += factor * w[o * w_stride + i];
    }
  }
}

void add_transposed_product(float* dw, std::int64_t dw_stride, const float* dy,
                            std::int64_t dy_stride, const float* x, std::int64_t x_stride,
                            std::int64_t rows, std::int64_t in, std::int64_t out) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t o = 0; o < out; ++o) {
      const float factor = dy[r * dy_stride + o];
      float* row = dw + o * dw_stride;
      for (std::int64_t i = 0; i < in; ++i) row[i] += factor * x[r * x_stride + i];
    }
  }
}

}  // namespace orch::model
