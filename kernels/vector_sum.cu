#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

__global__ void add_kernel(float* a, const float* b, std::int64_t n) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x; i < n;
       i += step) {
    a[i] = a[i] + b[i];
  }
}

// One block: callers sum blocks of a thousand elements.
__global__ void squares_kernel(double* out, const float* x, std::int64_t n) {
  double sum = 0.0;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
    sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  }
  sum = block_reduce(sum, Plus{});
  if (threadIdx.x == 0) *out = sum;
}

}  // namespace

void add_into(float* a, const float* b, std::int64_t n, void* stream) {
  if (n == 0) return;
  add_kernel<<<blocks_for(n), kThreads, 0, stream_of(stream)>>>(a, b, n);
  ORCH_CUDA_LAUNCHED("add_into");
}

void sum_squares(double* out, const float* x, std::int64_t n, void* stream) {
  squares_kernel<<<1, kThreads, 0, stream_of(stream)>>>(out, x, n);
  ORCH_CUDA_LAUNCHED("sum_squares");
}

}  // namespace orch::kernels::cuda
