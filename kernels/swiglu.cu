#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

__device__ float sigmoid(float x) { return 1.0F / (1.0F + expf(-x)); }

__global__ void forward_kernel(float* y, const float* gate, const float* up, std::int64_t n,
                               std::int64_t dim, std::int64_t gate_stride, std::int64_t y_stride) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t k = blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x; k < n;
       k += step) {
    const std::int64_t at = k / dim * gate_stride + k % dim;
    y[k / dim * y_stride + k % dim] = gate[at] * sigmoid(gate[at]) * up[at];
  }
}

__global__ void backward_kernel(float* dgate, float* dup, const float* dy, const float* gate,
                                const float* up, std::int64_t n, std::int64_t dim,
                                std::int64_t gate_stride, std::int64_t y_stride) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t k = blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x; k < n;
       k += step) {
    const std::int64_t at = k / dim * gate_stride + k % dim;
    const float g = gate[at];
    const float u = up[at];
    const float d = dy[k / dim * y_stride + k % dim];
    const float s = sigmoid(g);
    dgate[at] = d * u * (s * (1.0F + g * (1.0F - s)));
    dup[at] = d * (g * s);
  }
}

}  // namespace

void swiglu_forward(float* y, const float* gate, const float* up, std::int64_t rows,
                    std::int64_t dim, std::int64_t gate_stride, std::int64_t y_stride,
                    void* stream) {
  if (rows * dim == 0) return;
  forward_kernel<<<blocks_for(rows * dim), kThreads, 0, stream_of(stream)>>>(
      y, gate, up, rows * dim, dim, gate_stride, y_stride);
  ORCH_CUDA_LAUNCHED("swiglu_forward");
}

void swiglu_backward(float* dgate, float* dup, const float* dy, const float* gate, const float* up,
                     std::int64_t rows, std::int64_t dim, std::int64_t gate_stride,
                     std::int64_t y_stride, void* stream) {
  if (rows * dim == 0) return;
  backward_kernel<<<blocks_for(rows * dim), kThreads, 0, stream_of(stream)>>>(
      dgate, dup, dy, gate, up, rows * dim, dim, gate_stride, y_stride);
  ORCH_CUDA_LAUNCHED("swiglu_backward");
}

}  // namespace orch::kernels::cuda
