#pragma once
// multi_answer_points: exam scoring. Prediction and references are lists of letters, compared as
// sets; equal to any reference earns the row's points, and no reference accepts every answer.

#include <memory>

#include "jobs/score/metric.h"

namespace orch::score {

/// Value: {"points": …, "maximum": …}; "points" of a row: 1 if it has none.
std::unique_ptr<Metric> make_multi_answer_points();

}  // namespace orch::score
