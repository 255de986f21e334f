#pragma once
// rouge1_pltrdy, rouge2_pltrdy, rougeL_pltrdy: PyPI `rouge` 1.0.1. Sentences end at each ".", words
// at spaces, case is kept, n-grams and the longest common subsequences are sets of words.

#include <array>
#include <memory>

#include "jobs/score/lcs.h"
#include "jobs/score/metric.h"
#include "jobs/score/occurrences.h"
#include "jobs/score/python_text.h"
#include "jobs/score/word_ids.h"

namespace orch::score {

/// Its scratch memory is used again for each pair. Thread: one owner.
class RougePltrdy {
 public:
  struct Wanted {
    bool rouge1 = false, rouge2 = false, rougeL = false;
  };
  struct Scores {
    double rouge1 = 0, rouge2 = 0, rougeL = 0;
    bool empty = false;  ///< a text without a sentence: the package raises, the scores are 0
  };
  /// F-measures, with the package's 1e-8 in the denominator.
  /// Source: rouge/rouge_score.py 1.0.1.
  Scores score(TextView prediction, TextView reference, Wanted wanted);

 private:
  using Ids = std::vector<std::uint32_t>;
  struct Sentences {
    Ids words;                        ///< of all sentences
    std::vector<std::uint32_t> ends;  ///< of each in `words`
    std::span<const std::uint32_t> sentence(std::size_t i) const;
  };
  Sentences sentences(TextView text);
  std::uint32_t union_of_subsequences(const Sentences& prediction, const Sentences& reference);

  WordIds words_;
  PairIds pairs_;
  Lcs lcs_;
  Occurrences occurrences_;
  std::vector<std::uint32_t> places_;
  std::vector<std::uint8_t> in_union_;
  std::vector<std::uint32_t> mark_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_out_;
};

std::unique_ptr<Metric> make_rouge_pltrdy(RougePltrdy::Wanted wanted);

}  // namespace orch::score
