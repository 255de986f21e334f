#pragma once
// exact_match, accuracy: the prediction equals a reference; hit@K: one of the first K of a ranked
// list does.

#include <memory>
#include <string>

#include "jobs/score/metric.h"

namespace orch::score {

/// `name`: "exact_match" or "accuracy". No text is changed before it is compared.
std::unique_ptr<Metric> make_exact_match(std::string name);
/// `k` > 0. A prediction that is no list is a list of one.
std::unique_ptr<Metric> make_hit_at(int k);

}  // namespace orch::score
