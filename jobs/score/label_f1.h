#pragma once
// f1_macro, precision_weighted, … and with _gold: scikit-learn's averages over labels, division by
// zero giving 0; _gold averages over the labels that occur in the gold only. multilabel_f1_macro,
// …: the same over label columns, prediction and reference being lists of labels.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jobs/score/metric.h"

namespace orch::score {

/// Outcomes of one label over a set.
struct LabelCounts {
  std::uint64_t right = 0, predicted = 0, gold = 0;
};

enum class Average : unsigned char { kMacro, kMicro, kWeighted };
enum class Figure : unsigned char { kPrecision, kRecall, kF1 };

struct LabelFigure {
  std::string name;
  Figure figure = Figure::kF1;
  Average average = Average::kMacro;
  bool gold_only = false;
};
/// "f1_macro", "recall_weighted_gold", …, with "multilabel_" in front for the other kind; empty
/// name: it is none of these.
LabelFigure parse_label_figure(const std::string& name, bool multilabel);

/// Source: scikit-learn 1.9 sklearn.metrics.precision_recall_fscore_support, zero_division=0.
double label_figure(const std::map<std::string, LabelCounts>& labels, const LabelFigure& figure);
double one_label(const LabelCounts& counts, Figure figure);

std::unique_ptr<Metric> make_label_f1(std::vector<LabelFigure> figures);
/// Columns are the rows' choices, and every label seen.
std::unique_ptr<Metric> make_multilabel_f1(std::vector<LabelFigure> figures);

}  // namespace orch::score
