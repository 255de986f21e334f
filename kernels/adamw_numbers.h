#pragma once
// What AdamW derives once a step from its settings, in fp64, for all forms. Pure, any thread.

#include "kernels/adamw.h"

namespace orch::kernels {

struct AdamWNumbers {
  float rest1;            ///< 1 − β₁
  float rest2;            ///< 1 − β₂
  float decay;            ///< 1 − lr·wd
  float step_size;        ///< lr / (1 − β₁^step)
  float root_correction;  ///< 1 / √(1 − β₂^step)
};

AdamWNumbers adamw_numbers(const AdamWStep& step);

}  // namespace orch::kernels
