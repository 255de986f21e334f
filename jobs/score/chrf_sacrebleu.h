#pragma once
// chrf_sacrebleu: chrF2 over the set, as sacreBLEU computes it, with its signature. An item's value
// is its sentence chrF.

#include <array>
#include <memory>

#include "jobs/score/metric.h"

namespace orch::score {

inline constexpr int kChrfOrder = 6;

/// Character n-grams of the prediction, of the reference and of both, by order.
struct ChrfCounts {
  std::array<std::uint64_t, kChrfOrder> prediction{}, reference{}, both{};
};
/// 0 to 100, beta 2.
/// Source: Popović 2015, W15-3049; sacrebleu/metrics/chrf.py 2.6.0.
double chrf_score(const ChrfCounts& counts);

std::unique_ptr<Metric> make_chrf_sacrebleu();

}  // namespace orch::score
