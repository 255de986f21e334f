#pragma once
// Row-major fp32 matrix products in the calling thread alone: MKL where LibTorch is linked
// (gemm_mkl.cc), plain loops where it is not (gemm_plain.cc, for the sanitizer build). Leading
// dimensions are floats from row to row.

#include <cstdint>

namespace orch::model {

/// y (rows, out) = x (rows, in) · wᵀ + beta · y, w (out, in). beta is 0 or 1; with 0 y is not read.
void multiply_by_transposed(float* y, std::int64_t y_stride, const float* x, std::int64_t x_stride,
                            const float* w, std::int64_t w_stride, std::int64_t rows,
                            std::int64_t in, std::int64_t out, float beta);

/// dx (rows, in) = dy (rows, out) · w + beta · dx, w (out, in).
void multiply(float* dx, std::int64_t dx_stride, const float* dy, std::int64_t dy_stride,
              const float* w, std::int64_t w_stride, std::int64_t rows, std::int64_t in,
              std::int64_t out, float beta);

/// dw (out, in) += dyᵀ · x with dy (rows, out), x (rows, in).
void add_transposed_product(float* dw, std::int64_t dw_stride, const float* dy,
                            std::int64_t dy_stride, const float* x, std::int64_t x_stride,
                            std::int64_t rows, std::int64_t in, std::int64_t out);

}  // namespace orch::model
