#include "jobs/score/rouge_pltrdy.h"

#include <algorithm>

#include "jobs/score/row_text.h"

namespace orch::score {

namespace {

double f_measure_pltrdy(std::uint64_t overlap, std::uint64_t prediction, std::uint64_t reference) {
  const double precision = ratio(static_cast<double>(overlap), static_cast<double>(prediction));
  const double recall = ratio(static_cast<double>(overlap), static_cast<double>(reference));
  return 2.0 * ((precision * recall) / (precision + recall + 1e-8));
}

/// Distinct elements of both and of their intersection.
double set_score(const std::vector<std::uint32_t>& prediction,
                 const std::vector<std::uint32_t>& reference, std::uint32_t ids,
                 std::vector<std::uint32_t>& mark) {
  mark.assign(ids, 0);
  std::uint64_t in_prediction = 0, in_reference = 0, both = 0;
  for (const std::uint32_t gram : prediction) {
    in_prediction += mark[gram] == 0;
    mark[gram] = 1;
  }
  for (const std::uint32_t gram : reference) {
    if (mark[gram] & 2) continue;
    ++in_reference;
    both += mark[gram] & 1;
    mark[gram] |= 2;
  }
  return f_measure_pltrdy(both, in_prediction, in_reference);
}

class RougePltrdyMetric final : public Metric {
 public:
  explicit RougePltrdyMetric(RougePltrdy::Wanted wanted) : wanted_(wanted) {}

  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    ORCH_ASSIGN(const Text* prediction, text.spaced(0));
    RougePltrdy::Scores best;
    best.empty = true;
    for (std::size_t i = 0; i < row.references.size(); ++i) {
      ORCH_ASSIGN(const Text* reference, text.spaced(i + 1));
      const RougePltrdy::Scores scores = rouge_.score(*prediction, *reference, wanted_);
      best.rouge1 = std::max(best.rouge1, scores.rouge1);
      best.rouge2 = std::max(best.rouge2, scores.rouge2);
      best.rougeL = std::max(best.rougeL, scores.rougeL);
      best.empty = best.empty && scores.empty;
    }
    empty_ += best.empty;
    take(wanted_.rouge1, mean1_, "rouge1_pltrdy", best.rouge1, item);
    take(wanted_.rouge2, mean2_, "rouge2_pltrdy", best.rouge2, item);
    take(wanted_.rougeL, meanL_, "rougeL_pltrdy", best.rougeL, item);
    return {};
  }

  void finish(Fields& set) override {
    if (wanted_.rouge1) set.number("rouge1_pltrdy", mean1_.value());
    if (wanted_.rouge2) set.number("rouge2_pltrdy", mean2_.value());
    if (wanted_.rougeL) set.number("rougeL_pltrdy", meanL_.value());
    // The package raises for these; they are in the means, as 0.
    if (empty_ > 0) set.count("rouge_pltrdy_empty", empty_);
  }

 private:
  static void take(bool wanted, Mean& mean, const char* name, double value, Fields* item) {
    if (!wanted) return;
    mean.add(value);
    if (item) item->number(name, value);
  }

  RougePltrdy::Wanted wanted_;
  RougePltrdy rouge_;
  Mean mean1_, mean2_, meanL_;
  std::uint64_t empty_ = 0;
};

}  // namespace

std::span<const std::uint32_t> RougePltrdy::Sentences::sentence(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends[i - 1];
  return std::span(words).subspan(begin, ends[i] - begin);
}

RougePltrdy::Sentences RougePltrdy::sentences(TextView text) {
  Sentences out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(U'.', begin), text.size());
    if (end > begin) {
      const std::size_t before = out.words.size();
      std::size_t i = begin;
      while (i < end) {
        if (is_space(text[i])) {
          ++i;
          continue;
        }
        const std::size_t word = i;
        while (i < end && !is_space(text[i])) ++i;
        out.words.push_back(words_.id(text.substr(word, i - word)));
      }
      // A blank sentence is one of one empty word.
      if (out.words.size() == before) out.words.push_back(words_.id(std::string_view()));
      out.ends.push_back(static_cast<std::uint32_t>(out.words.size()));
    }
    begin = end + 1;
  }
  return out;
}

/// The size of the union over all pairs of sentences. A pair that cannot add a word is passed over:
/// the union is a set, so neither order nor repetition counts.
std::uint32_t RougePltrdy::union_of_subsequences(const Sentences& prediction,
                                                 const Sentences& reference) {
  in_union_.assign(words_.size(), 0);
  std::uint32_t size = 0;
  // Which sentences of the prediction hold a word.
  std::vector<std::uint32_t> first(words_.size() + 1), holders(prediction.words.size());
  for (const std::uint32_t w : prediction.words) ++first[w + 1];
  for (std::size_t w = 0; w < words_.size(); ++w) first[w + 1] += first[w];
  std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
  for (const std::uint32_t s : distinct_sentences(
           prediction.ends.size(), [&](std::uint32_t i) { return prediction.sentence(i); }))
    for (const std::uint32_t w : prediction.sentence(s)) holders[next[w]++] = s;
  std::vector<std::uint32_t> seen(prediction.ends.size(), 0);
  occurrences_.build(reference.words, words_.size());
  std::uint32_t set_to = UINT32_MAX;
  for (const std::uint32_t r : distinct_sentences(
           reference.ends.size(), [&](std::uint32_t i) { return reference.sentence(i); })) {
    const auto sentence = reference.sentence(r);
    for (const std::uint32_t w : sentence) {
      for (std::uint32_t h = first[w]; h < next[w] && !in_union_[w]; ++h) {
        if (seen[holders[h]] == r + 1) continue;
        seen[holders[h]] = r + 1;
        const auto candidate = prediction.sentence(holders[h]);
        if (set_to != holders[h]) lcs_.set(candidate, words_.size());
        set_to = holders[h];
        if (Occurrences::worth(sentence.size(), candidate.size())) {
          occurrences_.find(candidate, reference.ends[r] - sentence.size(), reference.ends[r],
                            places_);
          lcs_.pairs_at(sentence, places_, pairs_out_);
        } else {
          lcs_.pairs(sentence, pairs_out_);
        }
        for (const auto& pair : pairs_out_) {
          size += !in_union_[sentence[pair.first]];
          in_union_[sentence[pair.first]] = 1;
        }
      }
    }
  }
  return size;
}

RougePltrdy::Scores RougePltrdy::score(TextView prediction, TextView reference, Wanted wanted) {
  Scores scores;
  words_.clear();
  const Sentences a = sentences(prediction), b = sentences(reference);
  if (a.ends.empty() || b.ends.empty()) {
    scores.empty = true;
    return scores;
  }
  if (wanted.rouge1) scores.rouge1 = set_score(a.words, b.words, words_.size(), mark_);
  if (wanted.rouge2) {
    pairs_.clear();
    const Ids two_a = longer_grams(a.words, a.words, 1, pairs_);
    const Ids two_b = longer_grams(b.words, b.words, 1, pairs_);
    scores.rouge2 = set_score(two_a, two_b, pairs_.size(), mark_);
  }
  if (!wanted.rougeL) return scores;
  const std::uint32_t overlap = union_of_subsequences(a, b);
  const auto distinct = [&](const Ids& words) {
    mark_.assign(words_.size(), 0);
    std::uint64_t count = 0;
    for (const std::uint32_t w : words) count += mark_[w]++ == 0;
    return count;
  };
  const std::uint64_t in_prediction = distinct(a.words), in_reference = distinct(b.words);
  scores.rougeL = f_measure_pltrdy(overlap, in_prediction, in_reference);
  return scores;
}

std::unique_ptr<Metric> make_rouge_pltrdy(RougePltrdy::Wanted wanted) {
  return std::make_unique<RougePltrdyMetric>(wanted);
}

}  // namespace orch::score
