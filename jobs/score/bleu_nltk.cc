#include "jobs/score/bleu_nltk.h"

#include <algorithm>
#include <cmath>

#include "jobs/score/row_text.h"

namespace orch::score {

namespace {

class BleuNltk final : public Metric {
 public:
  BleuNltk(bool bleu1, bool bleu4) : bleu1_(bleu1), bleu4_(bleu4) {}

  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    words_.clear();
    ORCH_ASSIGN(const Words* prediction, text.words(0));
    const std::vector<std::uint32_t> ids = words_.ids(*prediction);
    references_.resize(row.references.size());
    for (std::size_t i = 0; i < row.references.size(); ++i) {
      ORCH_ASSIGN(const Words* reference, text.words(i + 1));
      references_[i] = words_.ids(*reference);
    }
    const NgramPrecision counts = ngram_precision(ids, references_, bleu4_ ? 4 : 1, words_.size());
    if (bleu1_) take(mean1_, "bleu1_nltk", bleu_method1(counts, 1), item);
    if (bleu4_) take(mean4_, "bleu4_nltk", bleu_method1(counts, 4), item);
    return {};
  }

  void finish(Fields& set) override {
    if (bleu1_) set.number("bleu1_nltk", mean1_.value());
    if (bleu4_) set.number("bleu4_nltk", mean4_.value());
  }

 private:
  static void take(Mean& mean, const char* name, double value, Fields* item) {
    mean.add(value);
    if (item) item->number(name, value);
  }

  bool bleu1_, bleu4_;
  Mean mean1_, mean4_;
  WordIds words_;
  std::vector<std::vector<std::uint32_t>> references_;
};

}  // namespace

NgramPrecision ngram_precision(std::span<const std::uint32_t> prediction,
                               std::span<const std::vector<std::uint32_t>> references, int orders,
                               std::uint32_t ids) {
  NgramPrecision out;
  out.length = prediction.size();
  std::uint64_t distance = 0;
  for (const auto& reference : references) {
    const std::uint64_t length = reference.size();
    const std::uint64_t off = length > out.length ? length - out.length : out.length - length;
    const bool closer = &reference == references.data() || off < distance ||
                        (off == distance && length < out.reference_length);
    if (closer) distance = off, out.reference_length = length;
  }
  std::vector<std::uint32_t> grams(prediction.begin(), prediction.end());
  std::vector<std::vector<std::uint32_t>> reference_grams(references.begin(), references.end());
  std::vector<std::int32_t> most, counts;
  PairIds pairs;
  for (int n = 1; n <= orders; ++n) {
    if (n > 1) {
      pairs.clear();
      for (std::size_t r = 0; r < references.size(); ++r)
        reference_grams[r] = longer_grams(reference_grams[r], references[r], n - 1, pairs);
      grams = longer_grams(grams, prediction, n - 1, pairs);
    }
    const std::uint32_t known = n > 1 ? pairs.size() : ids;
    most.assign(known, 0);
    for (const auto& reference : reference_grams) {
      counts.assign(known, 0);
      for (const std::uint32_t gram : reference) most[gram] = std::max(most[gram], ++counts[gram]);
    }
    const auto order = static_cast<std::size_t>(n - 1);
    out.total[order] = grams.size();
    for (const std::uint32_t gram : grams)
      if (most[gram]-- > 0) ++out.matches[order];
  }
  return out;
}

double bleu_method1(const NgramPrecision& counts, int orders) {
  if (counts.matches[0] == 0) return 0;
  double sum = 0;
  for (std::size_t n = 0; n < static_cast<std::size_t>(orders); ++n) {
    const auto total = static_cast<double>(std::max<std::uint64_t>(1, counts.total[n]));
    const auto matches = static_cast<double>(counts.matches[n]);
    sum += 1.0 / orders * std::log((matches == 0 ? 0.1 : matches) / total);
  }
  const auto length = static_cast<double>(counts.length);
  const double penalty = counts.length > counts.reference_length
                             ? 1.0
                             : std::exp(1 - static_cast<double>(counts.reference_length) / length);
  return penalty * std::exp(sum);
}

std::unique_ptr<Metric> make_bleu_nltk(bool bleu1, bool bleu4) {
  return std::make_unique<BleuNltk>(bleu1, bleu4);
}

}  // namespace orch::score
