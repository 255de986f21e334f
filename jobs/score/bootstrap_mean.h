#pragma once
// Percentile bootstrap of a mean difference. Pure; the same seed gives the same interval.

#include <cstdint>
#include <vector>

#include "jobs/score/paired.h"

namespace orch::score {

/// Resamples items, or whole clusters where `clustered`. Above 16,384 items they are first dealt at
/// random into that many hands, which are resampled as clusters: the same spread at bounded cost.
/// Needs one item. Source: Efron 1979, doi:10.1214/aos/1176344552.
Interval bootstrap_interval(const std::vector<PairedValues>& items, bool clustered,
                            double confidence, int resamples, std::uint64_t seed);

}  // namespace orch::score
