#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

void add_into(float* a, const float* b, std::int64_t n, void*) {
  for_lanes(n, [&](std::int64_t i, auto lanes) {
    store(a + i, load(a + i, lanes) + load(b + i, lanes), lanes);
  });
}

namespace {

typedef double Wide __attribute__((vector_size(64)));
typedef float Narrow __attribute__((vector_size(32), aligned(4)));

inline Wide square(const float* x) {
  Narrow narrow;
  __builtin_memcpy(&narrow, x, sizeof narrow);
  const Wide wide = __builtin_convertvector(narrow, Wide);
  return wide * wide;
}

}  // namespace

void sum_squares(double* out, const float* x, std::int64_t n, void*) {
  Wide low = {};
  Wide high = {};
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    low += square(x + i);
    high += square(x + i + 8);
  }
  if (i < n) {
    alignas(64) float lanes[16];
    store(lanes, load(x + i, Partial{n - i}), Full{});
    low += square(lanes);
    high += square(lanes + 8);
  }
  low += high;
  double lanes[8];
  __builtin_memcpy(lanes, &low, sizeof lanes);
  for (int half = 4; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) lanes[k] = lanes[k] + lanes[k + half];
  }
  *out = lanes[0];
}

}  // namespace orch::kernels::ORCH_FORM
