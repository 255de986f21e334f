#include <cmath>

#include "kernels/form.h"

namespace orch::kernels::reference {

void adamw(float* param, float* m, float* v, const float* grad, std::int64_t n,
           const AdamWStep& step, void*) {
  const double correction1 = 1.0 - std::pow(step.beta1, static_cast<double>(step.step));
  const double correction2 = 1.0 - std::pow(step.beta2, static_cast<double>(step.step));
  for (std::int64_t i = 0; i < n; ++i) {
    const double g = grad[i] * step.grad_scale;
    const double first = m[i] * step.beta1 + g * (1.0 - step.beta1);
    const double second = v[i] * step.beta2 + g * g * (1.0 - step.beta2);
    const double denominator = std::sqrt(second) / std::sqrt(correction2) + step.epsilon;
    m[i] = static_cast<float>(first);
    v[i] = static_cast<float>(second);
    param[i] = static_cast<float>(param[i] * (1.0 - step.lr * step.weight_decay) -
                                  step.lr / correction1 * first / denominator);
  }
}

}  // namespace orch::kernels::reference
