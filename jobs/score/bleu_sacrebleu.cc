#include "jobs/score/bleu_sacrebleu.h"

#include <cmath>

#include "jobs/score/row_text.h"
#include "jobs/score/sacrebleu_words.h"

namespace orch::score {

namespace {

class BleuSacrebleu final : public Metric {
 public:
  BleuSacrebleu(std::string name, std::string tokenizer)
      : name_(std::move(name)), tokenizer_name_(std::move(tokenizer)) {}

  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    if (signature_.empty()) {
      ORCH_ASSIGN(tokenizer_, parse_sacrebleu_tokenizer(tokenizer_name_, text.language()));
      ORCH_ASSIGN(signature_, tokenizer_signature(tokenizer_, text.segmenter()));
    }
    words_.clear();
    ORCH_ASSIGN(const auto prediction,
                sacrebleu_words(tokenizer_, text.prediction(), text.segmenter()));
    const auto ids = words_.ids(prediction);
    std::vector<Words> references(row.references.size());
    std::vector<std::vector<std::uint32_t>> reference_ids(row.references.size());
    for (std::size_t i = 0; i < row.references.size(); ++i) {
      ORCH_ASSIGN(references[i], sacrebleu_words(tokenizer_, text.reference(i), text.segmenter()));
      reference_ids[i] = words_.ids(references[i]);
    }
    const NgramPrecision counts = ngram_precision(ids, reference_ids, 4, words_.size());
    for (std::size_t n = 0; n < 4; ++n) {
      total_.matches[n] += counts.matches[n];
      total_.total[n] += counts.total[n];
    }
    total_.length += counts.length;
    total_.reference_length += counts.reference_length;
    const auto given = static_cast<std::int64_t>(row.references.size());
    references_ = references_ == 0 || references_ == given ? given : -1;
    if (item) item->number(name_, bleu_sacrebleu(counts, true));
    return {};
  }

  void finish(Fields& set) override {
    set.number(name_, bleu_sacrebleu(total_, false));
    set.text(name_ + "_signature", "nrefs:" + reference_count(references_) +
                                       "|case:mixed|eff:no|tok:" + signature_ +
                                       "|smooth:exp|version:" + kSacrebleuVersion);
  }

 private:
  std::string name_, tokenizer_name_, signature_;
  SacrebleuTokenizer tokenizer_ = SacrebleuTokenizer::k13a;
  NgramPrecision total_;
  std::int64_t references_ = 0;
  WordIds words_;
};

}  // namespace

std::string reference_count(std::int64_t count) {
  return count < 0 ? "var" : std::to_string(count);
}

double bleu_sacrebleu(const NgramPrecision& counts, bool effective_order) {
  const auto length = static_cast<double>(counts.length);
  const auto reference = static_cast<double>(counts.reference_length);
  double penalty = 1;
  if (counts.length < counts.reference_length)
    penalty = counts.length > 0 ? std::exp(1 - reference / length) : 0.0;
  if (counts.matches == std::array<std::uint64_t, 4>{}) return 0;
  std::array<double, 4> precision{};
  double smoothing = 1;
  std::size_t order = 4;
  for (std::size_t n = 0; n < 4 && counts.total[n] > 0; ++n) {
    const auto total = static_cast<double>(counts.total[n]);
    if (effective_order) order = n + 1;
    if (counts.matches[n] == 0) {
      smoothing *= 2;
      precision[n] = 100.0 / (smoothing * total);
    } else {
      precision[n] = 100.0 * static_cast<double>(counts.matches[n]) / total;
    }
  }
  double sum = 0;
  // The package takes -9999999999 for the logarithm of 0.
  for (std::size_t n = 0; n < order; ++n)
    sum += precision[n] == 0 ? -9999999999.0 : std::log(precision[n]);
  return penalty * std::exp(sum / static_cast<double>(order));
}

std::unique_ptr<Metric> make_bleu_sacrebleu(std::string name, std::string tokenizer) {
  return std::make_unique<BleuSacrebleu>(std::move(name), std::move(tokenizer));
}

}  // namespace orch::score
