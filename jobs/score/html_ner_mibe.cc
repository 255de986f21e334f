#include "jobs/score/html_ner_mibe.h"

#include <algorithm>
#include <map>

#include "jobs/score/html_tree.h"
#include "jobs/score/label_f1.h"
#include "jobs/score/seqeval.h"
#include "jobs/score/spacy_words.h"

namespace orch::score {

namespace {

constexpr std::string_view kTypes[] = {"problem", "treatment", "test", "drug"};

bool is_type(const std::string& type) {
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

std::string inside(const std::string& tag) {
  return tag.starts_with("B-") ? "I-" + tag.substr(2) : tag;
}

class HtmlNer final : public Metric {
 public:
  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    ORCH_TRY(expect_one_reference(row));
    const auto [predicted, gold] =
        align_tags(html_words(row.prediction.text), html_words(row.references[0].text));
    LabelCounts own;
    ORCH_ASSIGN(auto predicted_spans, entities(predicted, predicted_walk_));
    ORCH_ASSIGN(auto gold_spans, entities(gold, gold_walk_));
    count_spans(std::move(predicted_spans), std::move(gold_spans), by_type_, own);
    total_.right += own.right;
    total_.predicted += own.predicted;
    total_.gold += own.gold;
    if (item) item->number("html_ner_f1_mibe", f1_of(own));
    return {};
  }
  void finish(Fields& set) override {
    set.number("html_ner_f1_mibe", f1_of(total_));
    set.number("html_ner_precision_mibe", one_label(total_, Figure::kPrecision));
    set.number("html_ner_recall_mibe", one_label(total_, Figure::kRecall));
  }

 private:
  static double f1_of(const LabelCounts& counts) {
    return f_measure(one_label(counts, Figure::kPrecision), one_label(counts, Figure::kRecall));
  }
  ChunkWalk predicted_walk_, gold_walk_;
  std::map<std::string, LabelCounts> by_type_;
  LabelCounts total_;
};

}  // namespace

TaggedWords html_words(std::string_view html) {
  TaggedWords out;
  for (const HtmlChild& child : html_children(html)) {
    if (!child.element) {
      for (const TextView word : split(child.text)) out.emplace_back(Text(word), "O");
      continue;
    }
    const bool entity = is_type(child.type);
    bool first = true;
    for (Text& word : spacy_words(child.text)) {
      out.emplace_back(std::move(word), entity ? (first ? "B-" : "I-") + child.type : "O");
      first = false;
    }
  }
  return out;
}

std::pair<std::vector<std::string>, std::vector<std::string>> align_tags(
    const TaggedWords& prediction, const TaggedWords& gold) {
  // What is left of a word after shorter ones of the other side, and its tag by then.
  struct Side {
    const TaggedWords& words;
    std::size_t at = 0;
    TextView rest;
    std::string tag;
    explicit Side(const TaggedWords& all) : words(all) { load(); }
    void load() {
      if (at < words.size()) rest = words[at].first, tag = words[at].second;
    }
    void next() {
      ++at;
      load();
    }
    void shorten(std::size_t length) {
      rest.remove_prefix(length);
      tag = inside(tag);
    }
  };
  std::pair<std::vector<std::string>, std::vector<std::string>> out;
  Side a(prediction), b(gold);
  while (a.at < prediction.size() && b.at < gold.size()) {
    const bool a_shorter = b.rest.starts_with(a.rest), b_shorter = a.rest.starts_with(b.rest);
    if (a_shorter || b_shorter) {
      out.first.push_back(a.tag);
      out.second.push_back(b.tag);
    }
    const std::size_t length = std::min(a.rest.size(), b.rest.size());
    if (a_shorter && !b_shorter)
      b.shorten(length);
    else
      b.next();
    if (b_shorter && !a_shorter)
      a.shorten(length);
    else
      a.next();
  }
  return out;
}

std::vector<LabelledSpan> html_spans(std::string_view html) {
  std::vector<LabelledSpan> out;
  std::int64_t offset = 0;
  for (const HtmlChild& child : html_children(html)) {
    const std::int64_t begin = offset;
    for (const char32_t c : child.text) offset += !is_space(c);
    if (child.element && is_type(child.type) && offset > begin)
      out.push_back({child.type, begin, offset});
  }
  return out;
}

std::unique_ptr<Metric> make_html_ner_mibe() { return std::make_unique<HtmlNer>(); }

}  // namespace orch::score
