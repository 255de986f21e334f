#include "kernels/form.h"

namespace orch::kernels::reference {

void add_into(float* a, const float* b, std::int64_t n, void*) {
  for (std::int64_t i = 0; i < n; ++i) a[i] += b[i];
}

void sum_squares(double* out, const float* x, std::int64_t n, void*) {
  double sum = 0.0;
  for (std::int64_t i = 0; i < n; ++i) sum += double{x[i]} * x[i];
  *out = sum;
}

}  // namespace orch::kernels::reference
