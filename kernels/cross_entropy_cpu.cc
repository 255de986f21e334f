#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

namespace {

// Sums of long rows go to fp64 every so many elements: fp32 lanes would lose digits of a large
// vocabulary.
constexpr std::int64_t kChunk = 4096;

// Σ e^(x − largest); each term is also handed to `use`.
template <typename Use>
inline double sum_of_exponentials(const float* x, std::int64_t n, float largest, Use use) {
  const F16 shift = splat(largest);
  double total = 0.0;
  for (std::int64_t begin = 0; begin < n; begin += kChunk) {
    F16 sum = splat(0.0F);
    for_lanes(n - begin < kChunk ? n - begin : kChunk, [&](std::int64_t i, auto lanes) {
      const F16 e = exponential(load(x + begin + i, lanes, largest) - shift);
      use(begin + i, e, lanes);
      sum = sum + keep(e, lanes);
    });
    total += static_cast<double>(sum_lanes(sum));
  }
  return total;
}

}  // namespace

void cross_entropy(double* loss_sum, float* losses, float* logits, const std::int32_t* labels,
                   std::int64_t rows, std::int64_t vocabulary, void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    float* x = logits + row * vocabulary;
    const std::int32_t label = labels[row];
    losses[row] = 0.0F;
    if (label < 0) {
      __builtin_memset(x, 0, static_cast<std::size_t>(vocabulary) * sizeof(float));
      continue;
    }
    const float largest = max_of(x, vocabulary);
    const double at_label = static_cast<double>(x[label]) - static_cast<double>(largest);
    const double sum = sum_of_exponentials(
        x, vocabulary, largest, [&](std::int64_t i, F16 e, auto lanes) { store(x + i, e, lanes); });
    losses[row] = static_cast<float>(logarithm(sum) - at_label);
    *loss_sum += static_cast<double>(losses[row]);
    const F16 inverse = splat(static_cast<float>(1.0 / sum));
    for_lanes(vocabulary, [&](std::int64_t i, auto lanes) {
      store(x + i, load(x + i, lanes) * inverse, lanes);
    });
    x[label] = x[label] - 1.0F;
  }
}

void log_softmax_gather(float* out, std::uint8_t* greedy, const float* logits,
                        const std::int32_t* labels, std::int64_t rows, std::int64_t vocabulary,
                        void*) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const float* x = logits + row * vocabulary;
    const std::int32_t label = labels[row];
    out[row] = 0.0F;
    if (greedy != nullptr) greedy[row] = 0;
    if (label < 0) continue;
    const float largest = max_of(x, vocabulary);
    const double sum = sum_of_exponentials(x, vocabulary, largest, [](std::int64_t, F16, auto) {});
    out[row] = static_cast<float>(static_cast<double>(x[label]) - static_cast<double>(largest) -
                                  logarithm(sum));
    if (greedy == nullptr || !(x[label] == largest)) continue;
    std::int64_t first = 0;
    while (x[first] != largest) ++first;
    greedy[row] = first == label ? 1 : 0;
  }
}

}  // namespace orch::kernels::ORCH_FORM
