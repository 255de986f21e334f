#include "jobs/score/direction.h"

#include <algorithm>
#include <string_view>

namespace orch::score {

namespace {

constexpr std::string_view kSmallIsGood[] = {"perplexity",
                                             "word_perplexity",
                                             "byte_perplexity",
                                             "bits_per_byte",
                                             "bits_per_word",
                                             "bits_per_token",
                                             "loss",
                                             "nll",
                                             "cross_entropy",
                                             "brier",
                                             "brier_score",
                                             "ter",
                                             "wer",
                                             "cer",
                                             "mse",
                                             "mae",
                                             "rmse",
                                             "missing",
                                             "ambiguous"};

}  // namespace

bool lower_is_better(const std::string& metric) {
  const std::string_view name = std::string_view(metric).substr(0, metric.find(','));
  return std::find(std::begin(kSmallIsGood), std::end(kSmallIsGood), name) !=
         std::end(kSmallIsGood);
}

Result<bool> all_lower_is_better(const std::string& metrics) {
  std::size_t lower = 0, higher = 0;
  for (std::size_t begin = 0; begin <= metrics.size();) {
    std::size_t end = metrics.find(", ", begin);
    if (end == std::string::npos) end = metrics.size();
    ++(lower_is_better(metrics.substr(begin, end - begin)) ? lower : higher);
    begin = end + 2;
  }
  if (lower > 0 && higher > 0)
    return invalid("of the metrics " + metrics +
                   " some are better when larger and some when "
                   "smaller: choose by --metric");
  return lower > 0;
}

}  // namespace orch::score
