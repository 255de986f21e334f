#include "jobs/score/string_set_f1_meds.h"

#include "jobs/score/label_f1.h"
#include "jobs/score/row_text.h"

namespace orch::score {

namespace {

class StringSetF1 final : public Metric {
 public:
  explicit StringSetF1(bool as_released) : as_released_(as_released) {}

  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_one_reference(row));
    const bool null = row.prediction.kind == AnswerKind::kNull;
    if (null && as_released_) {
      ++skipped_;
      if (item) item->number("string_set_f1_meds", 0);
      return {};
    }
    if ((!null && row.prediction.kind != AnswerKind::kText) ||
        row.references[0].kind != AnswerKind::kText)
      return invalid("'prediction' and its reference must be texts");
    const auto parse = as_released_ ? entity_set_as_released : entity_set_as_intended;
    const std::set<Text> gold = parse(text.reference(0));
    const std::set<Text> predicted = null ? std::set<Text>() : parse(text.prediction());
    LabelCounts own{0, predicted.size(), gold.size()};
    for (const Text& entity : predicted) own.right += gold.contains(entity);
    total_.right += own.right;
    total_.predicted += own.predicted;
    total_.gold += own.gold;
    if (item) item->number("string_set_f1_meds", f1_of(own));
    return {};
  }

  void finish(Fields& set) override {
    set.number("string_set_f1_meds", f1_of(total_));
    set.number("string_set_precision_meds", one_label(total_, Figure::kPrecision));
    set.number("string_set_recall_meds", one_label(total_, Figure::kRecall));
    if (skipped_ > 0) set.count("string_set_f1_meds_skipped", skipped_);
  }

 private:
  static double f1_of(const LabelCounts& counts) {
    return f_measure(one_label(counts, Figure::kPrecision), one_label(counts, Figure::kRecall));
  }
  bool as_released_;
  LabelCounts total_;
  std::uint64_t skipped_ = 0;
};

}  // namespace

std::set<Text> entity_set_as_released(TextView answer) {
  const Text bare = replace(answer, U".", U"");
  const Text text = lower(strip(bare));
  if (text == U"there is no related enetity") return {};
  std::set<Text> out;
  for (const TextView part :
       split_on(TextView(text).substr(0, text.empty() ? 0 : text.size() - 1), U", "))
    out.emplace(part);
  return out;
}

std::set<Text> entity_set_as_intended(TextView answer) {
  TextView trimmed = strip(answer);
  while (!trimmed.empty() && trimmed.back() == U'.') trimmed.remove_suffix(1);
  const Text text = lower(strip(trimmed));
  if (text == U"there is no related enetity" || text == U"there is no related entity") return {};
  std::set<Text> out;
  for (const TextView part : split_on(text, U","))
    if (const TextView entity = strip(part); !entity.empty()) out.emplace(entity);
  return out;
}

std::unique_ptr<Metric> make_string_set_f1_meds(bool as_released) {
  return std::make_unique<StringSetF1>(as_released);
}

}  // namespace orch::score
