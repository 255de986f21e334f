#include "jobs/score/multi_answer_points.h"

#include <set>

namespace orch::score {

namespace {

/// Whole points are written as such.
std::string points_json(double points, double maximum) {
  const auto number = [](double value) {
    const std::string json = json_number(value);
    return json.ends_with(".0") ? json.substr(0, json.size() - 2) : json;
  };
  return "{\"points\": " + number(points) + ", \"maximum\": " + number(maximum) + "}";
}

class MultiAnswerPoints final : public Metric {
 public:
  Result<void> add(const Row& row, RowText&, Fields* item) override {
    const double worth = row.points.value_or(1);
    if (worth < 0) return invalid("'points' is negative");
    if (row.prediction.kind != AnswerKind::kList)
      return invalid(std::string("'prediction' is ") + answer_kind_name(row.prediction.kind) +
                     ", expected a list of letters");
    bool right = row.references.empty();
    const std::set<std::string> chosen(row.prediction.list.begin(), row.prediction.list.end());
    for (const Answer& reference : row.references) {
      if (reference.kind != AnswerKind::kList)
        return invalid(std::string("'references' holds ") + answer_kind_name(reference.kind) +
                       ", expected lists of letters");
      right =
          right || chosen == std::set<std::string>(reference.list.begin(), reference.list.end());
    }
    points_ += right ? worth : 0;
    maximum_ += worth;
    if (item) item->raw("multi_answer_points", points_json(right ? worth : 0, worth));
    return {};
  }
  void finish(Fields& set) override {
    set.raw("multi_answer_points", points_json(points_, maximum_));
  }

 private:
  double points_ = 0, maximum_ = 0;
};

}  // namespace

std::unique_ptr<Metric> make_multi_answer_points() { return std::make_unique<MultiAnswerPoints>(); }

}  // namespace orch::score
