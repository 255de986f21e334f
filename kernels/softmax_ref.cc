#include <algorithm>
#include <cmath>

#include "kernels/form.h"

namespace orch::kernels::reference {

void softmax_masked_forward(float* scores, const std::int32_t* segment_start, std::int64_t windows,
                            std::int64_t heads, std::int64_t length, float scale, void*) {
  for (std::int64_t row = 0; row < windows * heads * length; ++row) {
    float* x = scores + row * length;
    const std::int64_t t = row % length;
    const std::int64_t start = segment_start[row / (heads * length) * length + t];
    const double largest = *std::max_element(x + start, x + t + 1);
    double sum = 0.0;
    for (std::int64_t i = start; i <= t; ++i) sum += std::exp(scale * (x[i] - largest));
    for (std::int64_t i = 0; i < length; ++i) {
      const bool seen = i >= start && i <= t;
      x[i] = seen ? static_cast<float>(std::exp(scale * (x[i] - largest)) / sum) : 0.0F;
    }
  }
}

void softmax_masked_backward(float* dprobs, const float* probs, const std::int32_t* segment_start,
                             std::int64_t windows, std::int64_t heads, std::int64_t length,
                             float scale, void*) {
  for (std::int64_t row = 0; row < windows * heads * length; ++row) {
    float* d = dprobs + row * length;
    const float* p = probs + row * length;
    const std::int64_t t = row % length;
    const std::int64_t start = segment_start[row / (heads * length) * length + t];
    double sum = 0.0;
    for (std::int64_t i = start; i <= t; ++i) sum += double{p[i]} * d[i];
    for (std::int64_t i = 0; i < length; ++i) {
      const bool seen = i >= start && i <= t;
      d[i] = seen ? static_cast<float>(scale * p[i] * (d[i] - sum)) : 0.0F;
    }
  }
}

}  // namespace orch::kernels::reference
