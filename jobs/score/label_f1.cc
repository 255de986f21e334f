#include "jobs/score/label_f1.h"

#include <set>

namespace orch::score {

namespace {

struct FigureName {
  const char* name;
  Figure figure;
};
constexpr FigureName kFigures[] = {
    {"precision", Figure::kPrecision}, {"recall", Figure::kRecall}, {"f1", Figure::kF1}};
struct AverageName {
  const char* name;
  Average average;
};
constexpr AverageName kAverages[] = {
    {"_macro", Average::kMacro}, {"_micro", Average::kMicro}, {"_weighted", Average::kWeighted}};

class LabelF1 : public Metric {
 public:
  explicit LabelF1(std::vector<LabelFigure> figures) : figures_(std::move(figures)) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_one_reference(row));
    const Answer& gold = row.references.front();
    for (const Answer* answer : {&row.prediction, &gold})
      if (answer->kind != AnswerKind::kText && answer->kind != AnswerKind::kNumber)
        return invalid(std::string("expected labels, found ") + answer_kind_name(answer->kind));
    if (gold.kind != row.prediction.kind)
      return invalid("'prediction' and its reference are labels of different types");
    const bool right = gold.text == row.prediction.text;
    ++labels_[gold.text].gold;
    ++labels_[row.prediction.text].predicted;
    labels_[gold.text].right += right;
    if (item)
      for (const LabelFigure& figure : figures_) item->number(figure.name, right);
    return {};
  }

  void finish(Fields& set) override {
    for (const LabelFigure& figure : figures_)
      set.number(figure.name, label_figure(labels_, figure));
  }

 protected:
  std::vector<LabelFigure> figures_;
  std::map<std::string, LabelCounts> labels_;
};

class MultilabelF1 final : public LabelF1 {
 public:
  using LabelF1::LabelF1;

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_lists(row));
    ORCH_TRY(expect_one_reference(row));
    const std::set<std::string> gold(row.references[0].list.begin(), row.references[0].list.end());
    const std::set<std::string> predicted(row.prediction.list.begin(), row.prediction.list.end());
    for (const std::string& choice : row.choices) labels_[choice];
    LabelCounts own{0, predicted.size(), gold.size()};
    for (const std::string& label : gold) ++labels_[label].gold;
    for (const std::string& label : predicted) {
      LabelCounts& counts = labels_[label];
      ++counts.predicted;
      if (!gold.contains(label)) continue;
      ++counts.right;
      ++own.right;
    }
    if (item)
      for (const LabelFigure& figure : figures_)
        item->number(figure.name, one_label(own, figure.figure));
    return {};
  }
};

}  // namespace

LabelFigure parse_label_figure(const std::string& name, bool multilabel) {
  const std::string prefix = multilabel ? "multilabel_" : "";
  for (const FigureName& figure : kFigures)
    for (const AverageName& average : kAverages)
      for (const bool gold_only : {false, true})
        if (name == prefix + figure.name + average.name + (gold_only ? "_gold" : ""))
          return {name, figure.figure, average.average, gold_only};
  return {};
}

double one_label(const LabelCounts& counts, Figure figure) {
  const auto right = static_cast<double>(counts.right);
  const auto predicted = static_cast<double>(counts.predicted);
  const auto gold = static_cast<double>(counts.gold);
  if (figure == Figure::kPrecision) return ratio(right, predicted);
  if (figure == Figure::kRecall) return ratio(right, gold);
  return ratio(2 * right, predicted + gold);
}

double label_figure(const std::map<std::string, LabelCounts>& labels, const LabelFigure& figure) {
  LabelCounts all;
  double sum = 0, weights = 0;
  for (const auto& [label, counts] : labels) {
    if (figure.gold_only && counts.gold == 0) continue;
    all.right += counts.right;
    all.predicted += counts.predicted;
    all.gold += counts.gold;
    const double weight =
        figure.average == Average::kWeighted ? static_cast<double>(counts.gold) : 1.0;
    sum += weight * one_label(counts, figure.figure);
    weights += weight;
  }
  return figure.average == Average::kMicro ? one_label(all, figure.figure) : ratio(sum, weights);
}

std::unique_ptr<Metric> make_label_f1(std::vector<LabelFigure> figures) {
  return std::make_unique<LabelF1>(std::move(figures));
}
std::unique_ptr<Metric> make_multilabel_f1(std::vector<LabelFigure> figures) {
  return std::make_unique<MultilabelF1>(std::move(figures));
}

}  // namespace orch::score
