#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

// One block a row.
__global__ void forward_kernel(float* y, float* rstd, const float* x, const float* weight,
                               std::int64_t dim, float epsilon) {
  const std::int64_t at = blockIdx.x * dim;
  float squares = 0.0F;
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads) squares += x[at + i] * x[at + i];
  const float mean = block_reduce(squares, Plus{}) / static_cast<float>(dim);
  const float scale = 1.0F / sqrtf(mean + epsilon);
  if (threadIdx.x == 0) rstd[blockIdx.x] = scale;
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads)
    y[at + i] = x[at + i] * scale * weight[i];
}

__global__ void dx_kernel(float* dx, const float* dy, const float* x, const float* weight,
                          const float* rstd, std::int64_t dim, bool accumulate) {
  const std::int64_t at = blockIdx.x * dim;
  const float scale = rstd[blockIdx.x];
  float products = 0.0F;
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads) {
    products += dy[at + i] * weight[i] * (x[at + i] * scale);
  }
  const float mean = block_reduce(products, Plus{}) / static_cast<float>(dim);
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads) {
    const float d = (dy[at + i] * weight[i] - x[at + i] * scale * mean) * scale;
    dx[at + i] = accumulate ? dx[at + i] + d : d;
  }
}

// One thread a column: rows in ascending order. Runs before dx, which may overwrite dy.
__global__ void dweight_kernel(float* dweight, const float* dy, const float* x, const float* rstd,
                               std::int64_t rows, std::int64_t dim) {
  const std::int64_t column = blockIdx.x * static_cast<std::int64_t>(blockDim.x) + threadIdx.x;
  if (column >= dim) return;
  float sum = dweight[column];
  for (std::int64_t row = 0; row < rows; ++row) {
    sum += dy[row * dim + column] * (x[row * dim + column] * rstd[row]);
  }
  dweight[column] = sum;
}

}  // namespace

void rms_norm_forward(float* y, float* rstd, const float* x, const float* weight, std::int64_t rows,
                      std::int64_t dim, float epsilon, void* stream) {
  if (rows == 0 || dim == 0) return;
  forward_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      y, rstd, x, weight, dim, epsilon);
  ORCH_CUDA_LAUNCHED("rms_norm_forward");
}

void rms_norm_backward(float* dx, float* dweight, const float* dy, const float* x,
                       const float* weight, const float* rstd, std::int64_t rows, std::int64_t dim,
                       bool accumulate_dx, void* stream) {
  if (rows == 0 || dim == 0) return;
  constexpr unsigned kColumns = 32;
  const auto groups = static_cast<unsigned>((dim + kColumns - 1) / kColumns);
  dweight_kernel<<<groups, kColumns, 0, stream_of(stream)>>>(dweight, dy, x, rstd, rows, dim);
  ORCH_CUDA_LAUNCHED("rms_norm_backward dweight");
  dx_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      dx, dy, x, weight, rstd, dim, accumulate_dx);
  ORCH_CUDA_LAUNCHED("rms_norm_backward dx");
}

}  // namespace orch::kernels::cuda
