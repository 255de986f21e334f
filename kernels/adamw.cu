#include "kernels/adamw_numbers.h"
#include "kernels/block.cuh"

namespace orch::kernels::cuda {

namespace {

struct Numbers {
  float grad_scale, beta1, beta2, epsilon;
  AdamWNumbers derived;
};

__global__ void adamw_kernel(float* param, float* m, float* v, const float* grad, std::int64_t n,
                             Numbers s) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * kThreads;
  for (std::int64_t i = blockIdx.x * static_cast<std::int64_t>(kThreads) + threadIdx.x; i < n;
       i += step) {
    const float g = grad[i] * s.grad_scale;
    const float first = m[i] * s.beta1 + g * s.derived.rest1;
    const float second = v[i] * s.beta2 + g * g * s.derived.rest2;
    m[i] = first;
    v[i] = second;
    param[i] =
        param[i] * s.derived.decay -
        s.derived.step_size * (first / (sqrtf(second) * s.derived.root_correction + s.epsilon));
  }
}

}  // namespace

void adamw(float* param, float* m, float* v, const float* grad, std::int64_t n,
           const AdamWStep& step, void* stream) {
  if (n == 0) return;
  const Numbers numbers{static_cast<float>(step.grad_scale), static_cast<float>(step.beta1),
                        static_cast<float>(step.beta2), static_cast<float>(step.epsilon),
                        adamw_numbers(step)};
  adamw_kernel<<<blocks_for(n), kThreads, 0, stream_of(stream)>>>(param, m, v, grad, n, numbers);
  ORCH_CUDA_LAUNCHED("adamw");
}

}  // namespace orch::kernels::cuda
