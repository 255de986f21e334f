#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

// One block a token; threads go over the pairs of all heads.
__global__ void rope_kernel(float* x, const std::int32_t* positions, const float* cos_table,
                            const float* sin_table, std::int64_t heads, std::int64_t head_dim,
                            std::int64_t token_stride, float sign) {
  const std::int64_t half = head_dim / 2;
  const std::int64_t row = positions[blockIdx.x] * half;
  for (std::int64_t pair = threadIdx.x; pair < heads * half; pair += kThreads) {
    const std::int64_t i = pair % half;
    float* low = x + blockIdx.x * token_stride + pair / half * head_dim + i;
    const float c = cos_table[row + i];
    const float s = sin_table[row + i] * sign;
    const float a = low[0];
    const float b = low[half];
    low[0] = a * c - b * s;
    low[half] = b * c + a * s;
  }
}

}  // namespace

void rope(float* x, const std::int32_t* positions, const float* cos_table, const float* sin_table,
          std::int64_t tokens, std::int64_t heads, std::int64_t head_dim, std::int64_t token_stride,
          bool inverse, void* stream) {
  if (tokens == 0) return;
  rope_kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream_of(stream)>>>(
      x, positions, cos_table, sin_table, heads, head_dim, token_stride, inverse ? -1.0F : 1.0F);
  ORCH_CUDA_LAUNCHED("rope");
}

}  // namespace orch::kernels::cuda
