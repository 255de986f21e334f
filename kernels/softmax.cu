#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

// One block a row of a score matrix.
struct Row {
  std::int64_t at, start, t;
};

__device__ Row row_of(const std::int32_t* segment_start, std::int64_t heads, std::int64_t length) {
  const std::int64_t row = blockIdx.x;
  const std::int64_t t = row % length;
  return {row * length, segment_start[row / (heads * length) * length + t], t};
}

__global__ void forward_kernel(float* scores, const std::int32_t* segment_start, std::int64_t heads,
                               std::int64_t length, float scale) {
  const Row row = row_of(segment_start, heads, length);
  float* x = scores + row.at;
  float largest = -INFINITY;
  for (std::int64_t i = row.start + threadIdx.x; i <= row.t; i += kThreads) {
    largest = x[i] > largest ? x[i] : largest;
  }
  largest = block_reduce(largest, Larger{});
  float sum = 0.0F;
  for (std::int64_t i = row.start + threadIdx.x; i <= row.t; i += kThreads) {
    x[i] = expf((x[i] - largest) * scale);
    sum += x[i];
  }
  const float inverse = 1.0F / block_reduce(sum, Plus{});
  for (std::int64_t i = threadIdx.x; i < length; i += kThreads) {
    x[i] = i >= row.start && i <= row.t ? x[i] * inverse : 0.0F;
  }
}

__global__ void backward_kernel(float* dprobs, const float* probs,
                                const std::int32_t* segment_start, std::int64_t heads,
                                std::int64_t length, float scale) {
  const Row row = row_of(segment_start, heads, length);
  float* d = dprobs + row.at;
  const float* p = probs + row.at;
  float products = 0.0F;
  for (std::int64_t i = row.start + threadIdx.x; i <= row.t; i += kThreads) {
    products += p[i] * d[i];
  }
  const float sum = block_reduce(products, Plus{});
  for (std::int64_t i = threadIdx.x; i < length; i += kThreads) {
    d[i] = i >= row.start && i <= row.t ? scale * p[i] * (d[i] - sum) : 0.0F;
  }
}

}  // namespace

void softmax_masked_forward(float* scores, const std::int32_t* segment_start, std::int64_t windows,
                            std::int64_t heads, std::int64_t length, float scale, void* stream) {
  const std::int64_t rows = windows * heads * length;
  if (rows == 0) return;
  forward_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      scores, segment_start, heads, length, scale);
  ORCH_CUDA_LAUNCHED("softmax_masked_forward");
}

void softmax_masked_backward(float* dprobs, const float* probs, const std::int32_t* segment_start,
                             std::int64_t windows, std::int64_t heads, std::int64_t length,
                             float scale, void* stream) {
  const std::int64_t rows = windows * heads * length;
  if (rows == 0) return;
  backward_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      dprobs, probs, segment_start, heads, length, scale);
  ORCH_CUDA_LAUNCHED("softmax_masked_backward");
}

}  // namespace orch::kernels::cuda
