#include "kernels/adamw_numbers.h"

namespace orch::kernels {

namespace {

// By squaring: the C library's pow has other bits on other machines.
double power(double base, std::int64_t exponent) {
  double result = 1.0;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 != 0) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

AdamWNumbers adamw_numbers(const AdamWStep& step) {
  AdamWNumbers numbers{};
  numbers.rest1 = static_cast<float>(1.0 - step.beta1);
  numbers.rest2 = static_cast<float>(1.0 - step.beta2);
  numbers.decay = static_cast<float>(1.0 - step.lr * step.weight_decay);
  numbers.step_size = static_cast<float>(step.lr / (1.0 - power(step.beta1, step.step)));
  numbers.root_correction =
      static_cast<float>(1.0 / __builtin_sqrt(1.0 - power(step.beta2, step.step)));
  return numbers;
}

}  // namespace orch::kernels
