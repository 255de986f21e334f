#include "kernels/vector16.h"

namespace orch::kernels::ORCH_FORM {

void rms_norm_forward(float* y, float* rstd, const float* x, const float* weight, std::int64_t rows,
                      std::int64_t dim, float epsilon, void*) {
  for (std::int64_t row = 0; row < rows; ++row, x += dim, y += dim) {
    F16 squares = splat(0.0F);
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      const F16 v = load(x + i, lanes);
      squares = squares + v * v;
    });
    const float mean = sum_lanes(squares) / static_cast<float>(dim);
    rstd[row] = 1.0F / square_root_of(mean + epsilon);
    const F16 scale = splat(rstd[row]);
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      store(y + i, load(x + i, lanes) * scale * load(weight + i, lanes), lanes);
    });
  }
}

void rms_norm_backward(float* dx, float* dweight, const float* dy, const float* x,
                       const float* weight, const float* rstd, std::int64_t rows, std::int64_t dim,
                       bool accumulate_dx, void*) {
  for (std::int64_t row = 0; row < rows; ++row, x += dim, dy += dim, dx += dim) {
    const F16 scale = splat(rstd[row]);
    F16 products = splat(0.0F);
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      const F16 normal = load(x + i, lanes) * scale;
      const F16 g = load(dy + i, lanes);
      products = products + g * load(weight + i, lanes) * normal;
      store(dweight + i, load(dweight + i, lanes) + g * normal, lanes);
    });
    const F16 mean = splat(sum_lanes(products) / static_cast<float>(dim));
    for_lanes(dim, [&](std::int64_t i, auto lanes) {
      const F16 normal = load(x + i, lanes) * scale;
      F16 d = (load(dy + i, lanes) * load(weight + i, lanes) - normal * mean) * scale;
      if (accumulate_dx) d = load(dx + i, lanes) + d;
      store(dx + i, d, lanes);
    });
  }
}

}  // namespace orch::kernels::ORCH_FORM
