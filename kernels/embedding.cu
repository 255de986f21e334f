#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

// One block a token.
__global__ void gather_kernel(float* y, const float* table, const std::int32_t* ids,
                              std::int64_t dim) {
  const float* from = table + ids[blockIdx.x] * dim;
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads) y[blockIdx.x * dim + i] = from[i];
}

// The block of an id's first token adds all its tokens, in order: no atomics, one fixed order.
__global__ void scatter_kernel(float* dtable, const float* dy, const std::int32_t* ids,
                               std::int64_t tokens, std::int64_t dim) {
  const std::int32_t id = ids[blockIdx.x];
  int seen = 0;
  for (std::int64_t t = threadIdx.x; t < blockIdx.x; t += kThreads) seen |= ids[t] == id;
  if (__syncthreads_or(seen) != 0) return;
  for (std::int64_t i = threadIdx.x; i < dim; i += kThreads) {
    float sum = dtable[id * dim + i];
    for (std::int64_t t = blockIdx.x; t < tokens; ++t) {
      if (ids[t] == id) sum += dy[t * dim + i];
    }
    dtable[id * dim + i] = sum;
  }
}

}  // namespace

void embedding_gather(float* y, const float* table, const std::int32_t* ids, std::int64_t tokens,
                      std::int64_t dim, void* stream) {
  if (tokens == 0) return;
  gather_kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream_of(stream)>>>(y, table, ids,
                                                                                   dim);
  ORCH_CUDA_LAUNCHED("embedding_gather");
}

void embedding_scatter_add(float* dtable, const float* dy, const std::int32_t* ids,
                           std::int64_t tokens, std::int64_t dim, void* stream) {
  if (tokens == 0) return;
  scatter_kernel<<<static_cast<unsigned>(tokens), kThreads, 0, stream_of(stream)>>>(dtable, dy, ids,
                                                                                    tokens, dim);
  ORCH_CUDA_LAUNCHED("embedding_scatter_add");
}

}  // namespace orch::kernels::cuda
