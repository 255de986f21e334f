#pragma once
// bits_per_byte, perplexity: from log-likelihoods (natural logarithm) and lengths, weighted by
// length over the set.

#include <memory>

#include "jobs/score/metric.h"

namespace orch::score {

/// A row gives "log_likelihood", or the number as its prediction; and "bytes", or the number as its
/// reference, or the text itself as its reference, whose UTF-8 bytes count. Perplexity is per token
/// where rows have "tokens", else per byte; all rows of a file do, or none.
std::unique_ptr<Metric> make_likelihood(bool bits_per_byte, bool perplexity);

}  // namespace orch::score
