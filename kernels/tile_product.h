#pragma once
// A small matrix product for the fused CPU attention: register tiles over strided views, no
// packing, no threads. Each result is one chain of fused multiply-adds over ascending depth, so its
// bits depend neither on the tiling nor on the instruction set, and terms that are zero leave no
// trace.

#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

/// c[r, j] = (accumulate ? c[r, j] : 0) + Σ_k a[r·a_row + k·a_depth] · b[k·b_stride + j].
struct Product {
  const float* a;
  std::int64_t a_row, a_depth;
  const float* b;
  std::int64_t b_stride;
  float* c;
  std::int64_t c_stride;
  std::int64_t rows, depth, columns;
  bool accumulate;
};

#if defined(__AVX512F__)
inline constexpr int kTileRows = 8;
inline constexpr int kTileVectors = 2;
#else
inline constexpr int kTileRows = 4;
inline constexpr int kTileVectors = 1;
#endif

/// Rows × Vectors·16 results held in registers; `lanes` cuts the last vector.
template <int Rows, int Vectors, typename Lanes>
inline void product_tile(const Product& p, std::int64_t row, std::int64_t column, Lanes lanes) {
  F16 sums[Rows][Vectors];
  float* c = p.c + row * p.c_stride + column;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      sums[r][v] = p.accumulate ? load(c + r * p.c_stride + v * kLanes, lanes) : splat(0.0F);
    }
  }
  const float* a = p.a + row * p.a_row;
  const float* b = p.b + column;
  const std::int64_t a_row = p.a_row;
  for (std::int64_t k = 0; k < p.depth; ++k, a += p.a_depth, b += p.b_stride) {
    F16 vectors[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) vectors[v] = load(b + v * kLanes, lanes);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const F16 factor = splat(a[r * a_row]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) {
        sums[r][v] = fused_multiply_add(factor, vectors[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      store(c + r * p.c_stride + v * kLanes, sums[r][v], lanes);
    }
  }
}

template <int Rows>
inline void product_rows(const Product& p, std::int64_t row) {
  constexpr std::int64_t kWide = kTileVectors * kLanes;
  std::int64_t column = 0;
  for (; column + kWide <= p.columns; column += kWide) {
    product_tile<Rows, kTileVectors>(p, row, column, Full{});
  }
  for (; column + kLanes <= p.columns; column += kLanes) {
    product_tile<Rows, 1>(p, row, column, Full{});
  }
  if (column < p.columns) product_tile<Rows, 1>(p, row, column, Partial{p.columns - column});
}

inline void product(const Product& p) {
  std::int64_t row = 0;
  for (; row + kTileRows <= p.rows; row += kTileRows) product_rows<kTileRows>(p, row);
  for (; row < p.rows; ++row) product_rows<1>(p, row);
}

/// to[d · to_stride + t] = from[t · from_stride + d] for t < rows, d < dim.
inline void transpose(float* to, std::int64_t to_stride, const float* from,
                      std::int64_t from_stride, std::int64_t rows, std::int64_t dim) {
  const std::int64_t rows4 = rows / 4 * 4;
  const std::int64_t dim4 = dim / 4 * 4;
  for (std::int64_t t = 0; t < rows4; t += 4) {
    for (std::int64_t d = 0; d < dim4; d += 4) {
      __m128 quad[4];
      for (int i = 0; i < 4; ++i) quad[i] = _mm_loadu_ps(from + (t + i) * from_stride + d);
      _MM_TRANSPOSE4_PS(quad[0], quad[1], quad[2], quad[3]);
      for (int i = 0; i < 4; ++i) _mm_storeu_ps(to + (d + i) * to_stride + t, quad[i]);
    }
  }
  for (std::int64_t t = 0; t < rows; ++t) {
    for (std::int64_t d = t < rows4 ? dim4 : 0; d < dim; ++d) {
      to[d * to_stride + t] = from[t * from_stride + d];
    }
  }
}

}  // namespace orch::kernels::ORCH_FORM
