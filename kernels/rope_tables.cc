#include <cmath>

#include "base/check.h"
#include "kernels/rope.h"

namespace orch::kernels {

namespace {

constexpr double kTwoPi = 6.283185307179586476925;

// Low frequencies are divided by `factor`, high ones kept, those between blended.
float llama3_frequency(float frequency, const RopeScaling& scaling) {
  const double wavelength = kTwoPi / frequency;
  const double turns = scaling.original_positions / wavelength;
  if (turns < scaling.low_frequency_factor) return static_cast<float>(frequency / scaling.factor);
  if (turns > scaling.high_frequency_factor) return frequency;
  const double blend = (turns - scaling.low_frequency_factor) /
                       (scaling.high_frequency_factor - scaling.low_frequency_factor);
  return static_cast<float>((1.0 - blend) * frequency / scaling.factor + blend * frequency);
}

}  // namespace

void rope_tables(float* cos_table, float* sin_table, std::int64_t positions_max,
                 std::int64_t head_dim, double theta, const RopeScaling& scaling) {
  ORCH_CHECK(head_dim > 0 && head_dim % 2 == 0, "head_dim %lld is not even",
             static_cast<long long>(head_dim));
  const std::int64_t half = head_dim / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(head_dim);
    float frequency = 1.0F / static_cast<float>(std::pow(theta, double{exponent}));
    if (scaling.kind == RopeScaling::Kind::kLinear) {
      frequency = static_cast<float>(frequency / scaling.factor);
    } else if (scaling.kind == RopeScaling::Kind::kLlama3) {
      frequency = llama3_frequency(frequency, scaling);
    }
    for (std::int64_t position = 0; position < positions_max; ++position) {
      const float angle = static_cast<float>(position) * frequency;
      cos_table[position * half + i] = static_cast<float>(std::cos(double{angle}));
      sin_table[position * half + i] = static_cast<float>(std::sin(double{angle}));
    }
  }
}

}  // namespace orch::kernels
