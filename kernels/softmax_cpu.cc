#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

namespace {

inline void zero(float* x, std::int64_t n) {
  __builtin_memset(x, 0, static_cast<std::size_t>(n) * sizeof(float));
}

// Lanes are counted from the segment's start, so that a document's bits do not depend on its place
// in the window.
inline void softmax_in_place(float* x, std::int64_t n, float scale) {
  const F16 factor = splat(scale);
  const float largest = max_of(x, n);
  const F16 shift = splat(largest);
  F16 sum = splat(0.0F);
  for_lanes(n, [&](std::int64_t i, auto lanes) {
    const F16 e = exponential((load(x + i, lanes, largest) - shift) * factor);
    store(x + i, e, lanes);
    sum = sum + keep(e, lanes);
  });
  const F16 inverse = splat(1.0F / sum_lanes(sum));
  for_lanes(n,
            [&](std::int64_t i, auto lanes) { store(x + i, load(x + i, lanes) * inverse, lanes); });
}

}  // namespace

void softmax_masked_forward(float* scores, const std::int32_t* segment_start, std::int64_t windows,
                            std::int64_t heads, std::int64_t length, float scale, void*) {
  for (std::int64_t window = 0; window < windows; ++window) {
    for (std::int64_t head = 0; head < heads; ++head) {
      for (std::int64_t t = 0; t < length; ++t, scores += length) {
        const std::int64_t start = segment_start[window * length + t];
        zero(scores, start);
        softmax_in_place(scores + start, t + 1 - start, scale);
        zero(scores + t + 1, length - t - 1);
      }
    }
  }
}

void softmax_masked_backward(float* dprobs, const float* probs, const std::int32_t* segment_start,
                             std::int64_t windows, std::int64_t heads, std::int64_t length,
                             float scale, void*) {
  const F16 factor = splat(scale);
  for (std::int64_t window = 0; window < windows; ++window) {
    for (std::int64_t head = 0; head < heads; ++head) {
      for (std::int64_t t = 0; t < length; ++t, dprobs += length, probs += length) {
        const std::int64_t start = segment_start[window * length + t];
        const std::int64_t n = t + 1 - start;
        float* d = dprobs + start;
        const float* p = probs + start;
        F16 products = splat(0.0F);
        for_lanes(n, [&](std::int64_t i, auto lanes) {
          products = products + load(p + i, lanes) * load(d + i, lanes);
        });
        const F16 sum = splat(sum_lanes(products));
        zero(dprobs, start);
        for_lanes(n, [&](std::int64_t i, auto lanes) {
          store(d + i, factor * load(p + i, lanes) * (load(d + i, lanes) - sum), lanes);
        });
        zero(d + n, length - t - 1);
      }
    }
  }
}

}  // namespace orch::kernels::ORCH_FORM
