#pragma once
// Learning rate of a step: linear warm-up, then half a cosine down to min_lr_ratio · lr. Pure.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "protocol/spec.h"

namespace orch::optim {

/// Steps of warm-up: ratio · steps, rounded down, at least 1 when the ratio is not zero.
inline std::int64_t warmup_steps(const protocol::OptimizerSpec& spec, std::int64_t steps) {
  if (spec.warmup_ratio <= 0) return 0;
  return std::max<std::int64_t>(
      1, static_cast<std::int64_t>(spec.warmup_ratio * static_cast<double>(steps)));
}

/// `step` counts from 0. During warm-up lr·(step+1)/warm, afterwards cosine that reaches its floor
/// after the last step.
inline double learning_rate(const protocol::OptimizerSpec& spec, std::int64_t step,
                            std::int64_t steps) {
  const std::int64_t warm = warmup_steps(spec, steps);
  if (step < warm) return spec.lr * static_cast<double>(step + 1) / static_cast<double>(warm);
  const double done = static_cast<double>(step - warm) /
                      static_cast<double>(std::max<std::int64_t>(1, steps - warm));
  const double floor = spec.min_lr_ratio;
  return spec.lr *
         (floor + (1 - floor) * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0))));
}

}  // namespace orch::optim
