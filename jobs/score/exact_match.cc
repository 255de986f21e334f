#include "jobs/score/exact_match.h"

#include <algorithm>

namespace orch::score {

namespace {

class ExactMatch final : public Metric {
 public:
  explicit ExactMatch(std::string name) : name_(std::move(name)) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    if (row.references.empty()) return invalid("'references' is empty");
    const AnswerKind kind = row.prediction.kind;
    if (kind == AnswerKind::kNull) return invalid("'prediction' is null");
    bool equal = false;
    for (const Answer& reference : row.references) {
      const bool lists = row.prediction.list.empty() && row.prediction.spans.empty() &&
                         reference.list.empty() && reference.spans.empty();
      const bool listed = kind == AnswerKind::kList || kind == AnswerKind::kSpans;
      const bool comparable =
          reference.kind == kind ||
          (listed && (reference.kind == AnswerKind::kList || reference.kind == AnswerKind::kSpans));
      if (!comparable)
        return invalid(std::string("'prediction' is ") + answer_kind_name(kind) +
                       ", but a reference is " + answer_kind_name(reference.kind));
      equal = equal || reference == row.prediction || (listed && lists);
    }
    mean_.add(equal);
    if (item) item->number(name_, equal);
    return {};
  }
  void finish(Fields& set) override { set.number(name_, mean_.value()); }

 private:
  std::string name_;
  Mean mean_;
};

class HitAt final : public Metric {
 public:
  explicit HitAt(int k) : k_(static_cast<std::size_t>(k)), name_("hit@" + std::to_string(k)) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    if (row.references.empty()) return invalid("'references' is empty");
    const Answer& ranked = row.prediction;
    if (ranked.kind == AnswerKind::kNull || ranked.kind == AnswerKind::kSpans)
      return invalid(std::string("'prediction' is ") + answer_kind_name(ranked.kind) +
                     ", expected a ranked list of labels");
    bool hit = false;
    for (const Answer& reference : row.references) {
      if (reference.kind == AnswerKind::kNull || reference.kind == AnswerKind::kSpans)
        return invalid(std::string("'references' holds ") + answer_kind_name(reference.kind) +
                       ", expected labels");
      // A list as reference holds labels that are all right.
      const bool listed = reference.kind == AnswerKind::kList;
      const std::size_t count = listed ? reference.list.size() : 1;
      for (std::size_t i = 0; i < count; ++i)
        hit = hit || among_first(ranked, listed ? reference.list[i] : reference.text);
    }
    mean_.add(hit);
    if (item) item->number(name_, hit);
    return {};
  }
  void finish(Fields& set) override { set.number(name_, mean_.value()); }

 private:
  bool among_first(const Answer& ranked, const std::string& label) const {
    if (ranked.kind != AnswerKind::kList) return ranked.text == label;
    const auto count = static_cast<std::ptrdiff_t>(std::min(k_, ranked.list.size()));
    return std::find(ranked.list.begin(), ranked.list.begin() + count, label) !=
           ranked.list.begin() + count;
  }

  std::size_t k_;
  std::string name_;
  Mean mean_;
};

}  // namespace

std::unique_ptr<Metric> make_exact_match(std::string name) {
  return std::make_unique<ExactMatch>(std::move(name));
}
std::unique_ptr<Metric> make_hit_at(int k) { return std::make_unique<HitAt>(k); }

}  // namespace orch::score
