#include "kernels/adamw_numbers.h"
#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

void adamw(float* param, float* m, float* v, const float* grad, std::int64_t n,
           const AdamWStep& step, void*) {
  const AdamWNumbers numbers = adamw_numbers(step);
  const F16 grad_scale = splat(static_cast<float>(step.grad_scale));
  const F16 beta1 = splat(static_cast<float>(step.beta1));
  const F16 beta2 = splat(static_cast<float>(step.beta2));
  const F16 rest1 = splat(numbers.rest1);
  const F16 rest2 = splat(numbers.rest2);
  const F16 decay = splat(numbers.decay);
  const F16 step_size = splat(numbers.step_size);
  const F16 correction = splat(numbers.root_correction);
  const F16 epsilon = splat(static_cast<float>(step.epsilon));
  for_lanes(n, [&](std::int64_t i, auto lanes) {
    const F16 g = load(grad + i, lanes) * grad_scale;
    const F16 first = load(m + i, lanes) * beta1 + g * rest1;
    const F16 second = load(v + i, lanes) * beta2 + g * g * rest2;
    const F16 denominator = square_root(second) * correction + epsilon;
    store(m + i, first, lanes);
    store(v + i, second, lanes);
    store(param + i, load(param + i, lanes) * decay - step_size * (first / denominator), lanes);
  });
}

}  // namespace orch::kernels::ORCH_FORM
