#include "jobs/score/html_ner_mibe.h"

#include <algorithm>
#include <map>

#include "jobs/score/html_text.h"
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

/// An element that is open, by name.
struct Open {
  std::string name;
};

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

std::vector<HtmlChild> html_children(std::string_view html) {
  std::vector<HtmlChild> out;
  std::vector<Open> open;
  const auto text = [&](TextView piece) {
    // Text in an open element belongs to the outermost one.
    if (open.empty() && (out.empty() || out.back().element)) out.emplace_back();
    out.back().text += piece;
  };
  for (const HtmlPiece& piece : html_pieces(html)) {
    switch (piece.kind) {
      case HtmlPiece::Kind::kText:
        text(decode(piece.text));
        break;
      case HtmlPiece::Kind::kComment:
        // At the top a comment is text of its own; inside an element it is not read.
        if (open.empty()) {
          out.push_back({decode(piece.text), false, ""});
          out.push_back({});
        }
        break;
      case HtmlPiece::Kind::kStart:
        if (open.empty()) out.push_back({{}, true, piece.type});
        if (!piece.closed) open.push_back({piece.text});
        break;
      case HtmlPiece::Kind::kEnd: {
        auto at = std::find_if(open.rbegin(), open.rend(),
                               [&](const Open& o) { return o.name == piece.text; });
        if (at != open.rend()) open.erase(std::prev(at.base()), open.end());
        break;
      }
    }
  }
  return out;
}

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

std::pair<std::vector<std::string>, std::vector<std::string>> align_tags(TaggedWords prediction,
                                                                         TaggedWords gold) {
  std::pair<std::vector<std::string>, std::vector<std::string>> out;
  std::size_t i = 0, j = 0;
  const auto keep = [&](const std::string& a, const std::string& b) {
    out.first.push_back(a);
    out.second.push_back(b);
  };
  while (i < prediction.size() && j < gold.size()) {
    auto& [word_a, tag_a] = prediction[i];
    auto& [word_b, tag_b] = gold[j];
    if (word_a == word_b) {
      keep(tag_a, tag_b);
      ++i, ++j;
    } else if (word_b.starts_with(word_a)) {
      keep(tag_a, tag_b);
      word_b.erase(0, word_a.size());
      tag_b = inside(tag_b);
      ++i;
    } else if (word_a.starts_with(word_b)) {
      keep(tag_a, tag_b);
      word_a.erase(0, word_b.size());
      tag_a = inside(tag_a);
      ++j;
    } else {
      ++i, ++j;
    }
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
