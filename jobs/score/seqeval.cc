#include "jobs/score/seqeval.h"

#include <algorithm>

#include "base/utf8.h"
#include "jobs/data/json_text.h"

namespace orch::score {

namespace {

struct Tag {
  char kind = 'O';  ///< first character; what is not ASCII counts as other
  std::string type = "_";
};

Result<Tag> parse_tag(const std::string& text) {
  if (text.empty()) return invalid("an empty tag");
  std::size_t first = 1;
  while (first < text.size() && continues_character(text[first])) ++first;
  Tag tag{first == 1 ? text[0] : '?', text.substr(first)};
  const std::size_t dash = tag.type.find('-');
  if (dash != std::string::npos) tag.type = tag.type.substr(dash + 1);
  if (tag.type.empty()) tag.type = "_";
  return tag;
}

bool is_any(char kind, std::string_view kinds) {
  return kinds.find(kind) != std::string_view::npos;
}

bool ends(const Tag& previous, const Tag& tag) {
  if (is_any(previous.kind, "ES")) return true;
  if (is_any(previous.kind, "BI") && is_any(tag.kind, "BSO")) return true;
  return !is_any(previous.kind, "O.") && previous.type != tag.type;
}

bool starts(const Tag& previous, const Tag& tag) {
  if (is_any(tag.kind, "BS")) return true;
  if (is_any(previous.kind, "ESO") && is_any(tag.kind, "EI")) return true;
  return !is_any(tag.kind, "O.") && previous.type != tag.type;
}

double figure_of(const LabelCounts& counts, Figure figure) {
  const auto right = static_cast<double>(counts.right);
  const double precision = ratio(right, static_cast<double>(counts.predicted));
  const double recall = ratio(right, static_cast<double>(counts.gold));
  if (figure == Figure::kPrecision) return precision;
  if (figure == Figure::kRecall) return recall;
  return f_measure(precision, recall);
}

class Seqeval final : public Metric {
 public:
  explicit Seqeval(SeqevalWanted wanted) : wanted_(wanted) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_lists(row));
    ORCH_TRY(expect_one_reference(row));
    const std::vector<std::string>& tags = row.prediction.list;
    const std::vector<std::string>& gold = row.references[0].list;
    if (tags.size() != gold.size())
      return invalid("'prediction' has " + std::to_string(tags.size()) + " tags, its reference " +
                     std::to_string(gold.size()));
    ORCH_ASSIGN(auto predicted_spans, entities(tags, predicted_walk_));
    ORCH_ASSIGN(auto gold_spans, entities(gold, gold_walk_));
    LabelCounts own;
    count_spans(std::move(predicted_spans), std::move(gold_spans), by_type_, own);
    total_.right += own.right;
    total_.predicted += own.predicted;
    total_.gold += own.gold;
    std::uint64_t right = 0;
    for (std::size_t i = 0; i < tags.size(); ++i) right += tags[i] == gold[i];
    right_tokens_ += right;
    tokens_ += tags.size();
    if (item) report(own, right, tags.size(), *item);
    return {};
  }

  void finish(Fields& set) override {
    report(total_, right_tokens_, tokens_, set);
    if (wanted_.f1) by_type("seqeval_f1_by_type", Figure::kF1, set);
    if (wanted_.precision) by_type("seqeval_precision_by_type", Figure::kPrecision, set);
    if (wanted_.recall) by_type("seqeval_recall_by_type", Figure::kRecall, set);
  }

 private:
  void report(const LabelCounts& counts, std::uint64_t right, std::uint64_t tokens,
              Fields& out) const {
    if (wanted_.f1) out.number("seqeval_f1", figure_of(counts, Figure::kF1));
    if (wanted_.precision) out.number("seqeval_precision", figure_of(counts, Figure::kPrecision));
    if (wanted_.recall) out.number("seqeval_recall", figure_of(counts, Figure::kRecall));
    if (wanted_.token_accuracy)
      out.number("token_accuracy", ratio(static_cast<double>(right), static_cast<double>(tokens)));
  }
  void by_type(const char* name, Figure figure, Fields& out) const {
    Fields types;
    for (const auto& [type, counts] : by_type_) types.number(type, figure_of(counts, figure));
    out.raw(name, types.json());
  }

  SeqevalWanted wanted_;
  ChunkWalk predicted_walk_, gold_walk_;
  std::map<std::string, LabelCounts> by_type_;
  LabelCounts total_;
  std::uint64_t right_tokens_ = 0, tokens_ = 0;
};

class SpanF1 final : public Metric {
 public:
  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_one_reference(row));
    ORCH_ASSIGN(auto predicted, spans_of(row.prediction, "'prediction'"));
    ORCH_ASSIGN(auto gold, spans_of(row.references[0], "'references'"));
    LabelCounts own;
    count_spans(std::move(predicted), std::move(gold), by_type_, own);
    total_.right += own.right;
    total_.predicted += own.predicted;
    total_.gold += own.gold;
    if (item) item->number("span_f1", figure_of(own, Figure::kF1));
    return {};
  }
  void finish(Fields& set) override {
    set.number("span_f1", figure_of(total_, Figure::kF1));
    set.number("span_precision", figure_of(total_, Figure::kPrecision));
    set.number("span_recall", figure_of(total_, Figure::kRecall));
  }

 private:
  static Result<std::vector<LabelledSpan>> spans_of(const Answer& answer, const char* key) {
    if (answer.kind == AnswerKind::kSpans) return answer.spans;
    ChunkWalk walk;
    if (answer.kind == AnswerKind::kList) return entities(answer.list, walk);
    return invalid(std::string(key) + ": expected a list of spans or tags, found " +
                   answer_kind_name(answer.kind));
  }
  std::map<std::string, LabelCounts> by_type_;
  LabelCounts total_;
};

}  // namespace

Result<std::vector<LabelledSpan>> entities(const std::vector<std::string>& tags, ChunkWalk& walk) {
  std::vector<LabelledSpan> out;
  Tag previous{'O', walk.previous_type};
  for (std::size_t i = 0; i <= tags.size(); ++i) {
    Tag tag;
    if (i < tags.size()) {
      ORCH_ASSIGN(tag, parse_tag(tags[i]));
    }
    const std::int64_t at = walk.offset + static_cast<std::int64_t>(i);
    if (ends(previous, tag)) out.push_back({previous.type, walk.begin, at - 1});
    if (starts(previous, tag)) walk.begin = at;
    previous = std::move(tag);
  }
  walk.previous_type = previous.type;
  walk.offset += static_cast<std::int64_t>(tags.size()) + 1;
  return out;
}

void count_spans(std::vector<LabelledSpan> predicted, std::vector<LabelledSpan> gold,
                 std::map<std::string, LabelCounts>& by_type, LabelCounts& total) {
  for (auto* spans : {&predicted, &gold}) {
    std::sort(spans->begin(), spans->end());
    spans->erase(std::unique(spans->begin(), spans->end()), spans->end());
  }
  for (const LabelledSpan& span : gold) ++by_type[span.type].gold;
  total.gold += gold.size();
  total.predicted += predicted.size();
  for (const LabelledSpan& span : predicted) {
    LabelCounts& counts = by_type[span.type];
    ++counts.predicted;
    if (!std::binary_search(gold.begin(), gold.end(), span)) continue;
    ++counts.right;
    ++total.right;
  }
}

std::unique_ptr<Metric> make_seqeval(SeqevalWanted wanted) {
  return std::make_unique<Seqeval>(wanted);
}
std::unique_ptr<Metric> make_span_f1() { return std::make_unique<SpanF1>(); }

}  // namespace orch::score
