#pragma once
// bleu1_nltk, bleu4_nltk: NLTK's sentence BLEU with smoothing method 1, meaned over the items.

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "jobs/score/metric.h"
#include "jobs/score/word_ids.h"

namespace orch::score {

/// n-gram precision counts of one prediction: matches and n-grams of order 1 to 4.
struct NgramPrecision {
  std::array<std::uint64_t, 4> matches{}, total{};
  std::uint64_t length = 0;            ///< words of the prediction
  std::uint64_t reference_length = 0;  ///< of the reference closest in length, the shorter of two
};
/// References' counts are merged by maximum. `orders`: 1 or 4.
NgramPrecision ngram_precision(std::span<const std::uint32_t> prediction,
                               std::span<const std::vector<std::uint32_t>> references, int orders,
                               std::uint32_t ids);

/// Source: nltk/translate/bleu_score.py 3.9.1, sentence_bleu with SmoothingFunction().method1;
/// Papineni et al. 2002; Chen & Cherry 2014. `orders` weights of 1 / orders each.
double bleu_method1(const NgramPrecision& counts, int orders);

/// `bleu1`, `bleu4`: which of the two are wanted.
std::unique_ptr<Metric> make_bleu_nltk(bool bleu1, bool bleu4);

}  // namespace orch::score
