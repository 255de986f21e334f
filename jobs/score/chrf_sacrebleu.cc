#include "jobs/score/chrf_sacrebleu.h"

#include "jobs/score/bleu_sacrebleu.h"
#include "jobs/score/row_text.h"
#include "jobs/score/word_ids.h"

namespace orch::score {

namespace {

constexpr double kBetaSquared = 4;

class Chrf final : public Metric {
 public:
  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    const auto prediction = characters(text.prediction());
    ChrfCounts best;
    double best_score = -1;
    for (std::size_t i = 0; i < row.references.size(); ++i) {
      const ChrfCounts counts = compare(prediction, characters(text.reference(i)));
      const double score = chrf_score(counts);
      if (score <= best_score) continue;
      best_score = score;
      best = counts;
    }
    for (std::size_t n = 0; n < kChrfOrder; ++n) {
      total_.prediction[n] += best.prediction[n];
      total_.reference[n] += best.reference[n];
      total_.both[n] += best.both[n];
    }
    const auto given = static_cast<std::int64_t>(row.references.size());
    references_ = references_ == 0 || references_ == given ? given : -1;
    if (item) item->number("chrf_sacrebleu", best_score);
    return {};
  }

  void finish(Fields& set) override {
    set.number("chrf_sacrebleu", chrf_score(total_));
    set.text("chrf_sacrebleu_signature",
             "nrefs:" + reference_count(references_) +
                 "|case:mixed|eff:yes|nc:6|nw:0|space:no|version:" + kSacrebleuVersion);
  }

 private:
  using Ids = std::vector<std::uint32_t>;

  static Ids characters(TextView text) {
    Ids out;
    out.reserve(text.size());
    for (const char32_t c : text)
      if (!is_space(c)) out.push_back(c);
    return out;
  }

  ChrfCounts compare(const Ids& prediction, const Ids& reference) {
    ChrfCounts counts;
    Ids a = prediction, b = reference;
    for (int n = 1; n <= kChrfOrder; ++n) {
      pairs_.clear();
      if (n == 1) {
        for (std::uint32_t& c : a) c = pairs_.id(c);
        for (std::uint32_t& c : b) c = pairs_.id(c);
      } else {
        a = longer_grams(a, prediction, n - 1, pairs_);
        b = longer_grams(b, reference, n - 1, pairs_);
      }
      const auto order = static_cast<std::size_t>(n - 1);
      // Nothing is held against a prediction where the reference has no n-gram of the order.
      counts.prediction[order] = b.empty() ? 0 : a.size();
      counts.reference[order] = b.size();
      counts.both[order] = clipped_matches(a, b, pairs_.size(), scratch_);
    }
    return counts;
  }

  ChrfCounts total_;
  std::int64_t references_ = 0;
  PairIds pairs_;
  std::vector<std::int32_t> scratch_;
};

}  // namespace

double chrf_score(const ChrfCounts& counts) {
  double precision = 0, recall = 0;
  int orders = 0;
  for (std::size_t n = 0; n < kChrfOrder; ++n) {
    if (counts.prediction[n] == 0 || counts.reference[n] == 0) continue;
    const auto both = static_cast<double>(counts.both[n]);
    precision += both / static_cast<double>(counts.prediction[n]);
    recall += both / static_cast<double>(counts.reference[n]);
    ++orders;
  }
  if (orders == 0) return 0;
  precision /= orders;
  recall /= orders;
  if (precision + recall == 0) return 0;
  return 100 * ((1 + kBetaSquared) * precision * recall / (kBetaSquared * precision + recall));
}

std::unique_ptr<Metric> make_chrf_sacrebleu() { return std::make_unique<Chrf>(); }

}  // namespace orch::score
