// MKL lies inside libtorch_cpu.so and exports the Fortran interface; called directly it costs a
// microsecond less a product than at::mm_out, which counts at this size. Column-major, so every
// product is taken transposed.
#include "jobs/model/gemm.h"
#include "jobs/model/llama.h"

extern "C" {
void sgemm_(const char* trans_a, const char* trans_b, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
int MKL_Set_Num_Threads_Local(int threads);
}

namespace orch::model {
namespace {

void column_major(char trans_a, char trans_b, std::int64_t m, std::int64_t n, std::int64_t k,
                  const float* a, std::int64_t lda, const float* b, std::int64_t ldb, float beta,
                  float* c, std::int64_t ldc) {
  const int m32 = static_cast<int>(m), n32 = static_cast<int>(n), k32 = static_cast<int>(k);
  const int lda32 = static_cast<int>(lda), ldb32 = static_cast<int>(ldb);
  const int ldc32 = static_cast<int>(ldc);
  const float one = 1.0F;
  sgemm_(&trans_a, &trans_b, &m32, &n32, &k32, &one, a, &lda32, b, &ldb32, &beta, c, &ldc32);
}

}  // namespace

void single_threaded_math() { MKL_Set_Num_Threads_Local(1); }

void multiply_by_transposed(float* y, std::int64_t y_stride, const float* x, std::int64_t x_stride,
                            const float* w, std::int64_t w_stride, std::int64_t rows,
                            std::int64_t in, std::int64_t out, float beta) {
  column_major('T', 'N', out, rows, in, w, w_stride, x, x_stride, beta, y, y_stride);
}

void multiply(float* dx, std::int64_t dx_stride, const float* dy, std::int64_t dy_stride,
              const float* w, std::int64_t w_stride, std::int64_t rows, std::int64_t in,
              std::int64_t out, float beta) {
  column_major('N', 'N', in, rows, out, w, w_stride, dy, dy_stride, beta, dx, dx_stride);
}

void add_transposed_product(float* dw, std::int64_t dw_stride, const float* dy,
                            std::int64_t dy_stride, const float* x, std::int64_t x_stride,
                            std::int64_t rows, std::int64_t in, std::int64_t out) {
  column_major('N', 'T', in, out, rows, x, x_stride, dy, dy_stride, 1.0F, dw, dw_stride);
}

}  // namespace orch::model
