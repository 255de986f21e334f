#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

__device__ float largest_of(const float* x, std::int64_t n) {
  float largest = -INFINITY;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
    largest = x[i] > largest ? x[i] : largest;
  }
  return block_reduce(largest, Larger{});
}

__device__ double sum_of_exponentials(const float* x, std::int64_t n, float largest) {
  double sum = 0.0;
  for (std::int64_t i = threadIdx.x; i < n; i += kThreads) {
    sum += static_cast<double>(expf(x[i] - largest));
  }
  return block_reduce(sum, Plus{});
}

// One block a row.
__global__ void gradient_kernel(float* losses, float* logits, const std::int32_t* labels,
                                std::int64_t vocabulary) {
  float* x = logits + blockIdx.x * vocabulary;
  const std::int32_t label = labels[blockIdx.x];
  if (label < 0) {
    if (threadIdx.x == 0) losses[blockIdx.x] = 0.0F;
    for (std::int64_t i = threadIdx.x; i < vocabulary; i += kThreads) x[i] = 0.0F;
    return;
  }
  const float largest = largest_of(x, vocabulary);
  const double sum = sum_of_exponentials(x, vocabulary, largest);
  if (threadIdx.x == 0) {
    losses[blockIdx.x] = static_cast<float>(
        log(sum) - (static_cast<double>(x[label]) - static_cast<double>(largest)));
  }
  __syncthreads();
  const auto inverse = static_cast<float>(1.0 / sum);
  for (std::int64_t i = threadIdx.x; i < vocabulary; i += kThreads) {
    x[i] = expf(x[i] - largest) * inverse - (i == label ? 1.0F : 0.0F);
  }
}

// One block: a fixed tree over the rows.
__global__ void total_kernel(double* loss_sum, const float* losses, std::int64_t rows) {
  double sum = 0.0;
  for (std::int64_t row = threadIdx.x; row < rows; row += kThreads) {
    sum += static_cast<double>(losses[row]);
  }
  sum = block_reduce(sum, Plus{});
  if (threadIdx.x == 0) *loss_sum += sum;
}

__global__ void gather_kernel(float* out, std::uint8_t* greedy, const float* logits,
                              const std::int32_t* labels, std::int64_t vocabulary) {
  const float* x = logits + blockIdx.x * vocabulary;
  const std::int32_t label = labels[blockIdx.x];
  if (label < 0) {
    if (threadIdx.x == 0) {
      out[blockIdx.x] = 0.0F;
      if (greedy != nullptr) greedy[blockIdx.x] = 0;
    }
    return;
  }
  const float largest = largest_of(x, vocabulary);
  const double sum = sum_of_exponentials(x, vocabulary, largest);
  int beaten = x[label] == largest ? 0 : 1;
  for (std::int64_t i = threadIdx.x; i < label; i += kThreads) beaten |= x[i] == largest;
  beaten = __syncthreads_or(beaten);
  if (threadIdx.x == 0) {
    out[blockIdx.x] =
        static_cast<float>(static_cast<double>(x[label]) - static_cast<double>(largest) - log(sum));
    if (greedy != nullptr) greedy[blockIdx.x] = beaten == 0 ? 1 : 0;
  }
}

}  // namespace

void cross_entropy(double* loss_sum, float* losses, float* logits, const std::int32_t* labels,
                   std::int64_t rows, std::int64_t vocabulary, void* stream) {
  if (rows == 0) return;
  gradient_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      losses, logits, labels, vocabulary);
  ORCH_CUDA_LAUNCHED("cross_entropy");
  total_kernel<<<1, kThreads, 0, stream_of(stream)>>>(loss_sum, losses, rows);
  ORCH_CUDA_LAUNCHED("cross_entropy total");
}

void log_softmax_gather(float* out, std::uint8_t* greedy, const float* logits,
                        const std::int32_t* labels, std::int64_t rows, std::int64_t vocabulary,
                        void* stream) {
  if (rows == 0) return;
  gather_kernel<<<static_cast<unsigned>(rows), kThreads, 0, stream_of(stream)>>>(
      out, greedy, logits, labels, vocabulary);
  ORCH_CUDA_LAUNCHED("log_softmax_gather");
}

}  // namespace orch::kernels::cuda
