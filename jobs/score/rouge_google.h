#pragma once
// rouge1_google, rouge2_google, rougeL_google, rougeLsum_google, each also with _stem: Google's
// rouge_score 0.1.2; and rouge1_hf, rouge2_hf, rougeL_hf, rougeLsum_hf: Hugging Face evaluate's
// aggregate of the same scores, the median of 1,000 bootstrap means.

#include <array>
#include <memory>
#include <string_view>

#include "jobs/score/lcs.h"
#include "jobs/score/metric.h"
#include "jobs/score/occurrences.h"
#include "jobs/score/word_ids.h"

namespace orch::score {

enum RougeKind : std::uint8_t { kRouge1, kRouge2, kRougeL, kRougeLsum };
inline constexpr const char* kRougeNames[] = {"rouge1", "rouge2", "rougeL", "rougeLsum"};
using RougeWanted = std::array<bool, 4>;

/// Its scratch memory is used again for each pair. Thread: one owner.
class RougeGoogle {
 public:
  explicit RougeGoogle(bool stem) : stem_(stem) {}
  /// F-measures of the kinds that are wanted; the others are 0. Texts are UTF-8; only ASCII letters
  /// and digits count.
  /// Source: Lin 2004, W04-1013; rouge_score/rouge_scorer.py 0.1.2.
  std::array<double, 4> score(std::string_view prediction, std::string_view reference,
                              const RougeWanted& wanted);

 private:
  using Ids = std::vector<std::uint32_t>;
  struct Sentences {
    Ids words;
    std::vector<std::uint32_t> ends;
    std::span<const std::uint32_t> sentence(std::size_t i) const;
  };
  /// Words of a text, cut at line ends into sentences as well.
  Sentences words(std::string_view text);
  std::uint32_t word_id(std::string_view word);
  double ngrams(const Ids& prediction, const Ids& reference, int order);
  double summary(const Sentences& prediction, const Sentences& reference);
  void compare(const Sentences& prediction, std::uint32_t s,
               std::span<const std::uint32_t> reference);

  bool stem_;
  WordIds ids_;
  std::vector<std::unique_ptr<char[]>> arena_;
  std::size_t arena_used_ = 0, arena_size_ = 0;
  PairIds pairs_;
  Lcs lcs_;
  Occurrences occurrences_;
  std::vector<std::uint32_t> places_;
  std::vector<std::int32_t> counts_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs_out_;
};

/// `stem`: with the Porter stemmer.
std::unique_ptr<Metric> make_rouge_google(const RougeWanted& wanted, bool stem);
std::unique_ptr<Metric> make_rouge_hf(const RougeWanted& wanted, std::uint32_t seed);

}  // namespace orch::score
