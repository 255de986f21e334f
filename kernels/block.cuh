#pragma once
// What the kernels of a thread block share: reductions over fixed trees (the same bits in each run)
// and launch sizes. Accumulation in fp32 lanes and fp64 where named; no atomics anywhere.

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda_failure.h"
#include "kernels/form.h"

namespace orch::kernels::cuda {

inline constexpr int kThreads = 128;

inline cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }

/// Blocks for n elements, one a thread, at most what a grid-stride loop needs to fill any GPU.
inline unsigned blocks_for(std::int64_t n) {
  const std::int64_t blocks = (n + kThreads - 1) / kThreads;
  return static_cast<unsigned>(blocks < 8192 ? blocks : 8192);
}

struct Plus {
  template <typename T>
  __device__ T operator()(T a, T b) const {
    return a + b;
  }
};
struct Larger {
  __device__ float operator()(float a, float b) const { return a > b ? a : b; }
};

/// Combines one value a thread of a block of kThreads over a fixed tree; all threads get the
/// result.
template <typename T, typename Operation>
__device__ T block_reduce(T value, Operation operation) {
  __shared__ T values[kThreads];
  values[threadIdx.x] = value;
  __syncthreads();
  for (int half = kThreads / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) {
      values[threadIdx.x] = operation(values[threadIdx.x], values[threadIdx.x + half]);
    }
    __syncthreads();
  }
  const T result = values[0];
  __syncthreads();
  return result;
}

}  // namespace orch::kernels::cuda
