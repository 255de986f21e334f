#include <algorithm>
#include <cmath>

#include "kernels/form.h"

namespace orch::kernels::reference {

namespace {

double log_sum(const float* x, std::int64_t n) {
  const double largest = *std::max_element(x, x + n);
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += std::exp(x[i] - largest);
  return largest + std::log(sum);
}

}  // namespace

void cross_entropy(double* loss_sum, float* losses, float* logits, const std::int32_t* labels,
                   std::int64_t rows, std::int64_t vocabulary, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    float* x = logits + row * vocabulary;
    const std::int32_t label = labels[row];
    losses[row] = 0.0F;
    if (label < 0) {
      std::fill(x, x + vocabulary, 0.0F);
      continue;
    }
    const double log_of_sum = log_sum(x, vocabulary);
    losses[row] = static_cast<float>(log_of_sum - x[label]);
    *loss_sum += double{losses[row]};
    for (std::int64_t i = 0; i < vocabulary; ++i) {
      x[i] = static_cast<float>(std::exp(x[i] - log_of_sum) - (i == label ? 1.0 : 0.0));
    }
  }
}

void log_softmax_gather(float* out, std::uint8_t* greedy, const float* logits,
                        const std::int32_t* labels, std::int64_t rows, std::int64_t vocabulary,
                        void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* x = logits + row * vocabulary;
    const std::int32_t label = labels[row];
    out[row] = label < 0 ? 0.0F : static_cast<float>(x[label] - log_sum(x, vocabulary));
    if (greedy == nullptr) continue;
    greedy[row] = std::max_element(x, x + vocabulary) - x == label ? 1 : 0;
  }
}

}  // namespace orch::kernels::reference
