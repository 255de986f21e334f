// How a profile's forms change rows before they are scored.

#include <algorithm>

#include "jobs/score/emrqa_f1.h"
#include "jobs/score/html_ner_mibe.h"
#include "jobs/score/profiles.h"

namespace orch::score {

namespace {

/// The labels of a gold that is a column of 0 and 1 a label, as the published test sets have it.
void read_columns(const std::vector<std::string>& labels, Answer& gold) {
  const bool columns = gold.list.size() == labels.size() &&
                       std::all_of(gold.list.begin(), gold.list.end(),
                                   [](const std::string& c) { return c == "0" || c == "1"; });
  if (!columns) return;
  std::vector<std::string> named;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (gold.list[i] == "1") named.push_back(labels[i]);
  gold.list = std::move(named);
}

Result<void> parse_labels(const Profile& profile, bool fold, PreparedRow& out) {
  Row& row = out.row;
  ORCH_TRY(expect_one_reference(row));
  if (row.prediction.kind != AnswerKind::kText)
    return invalid("'prediction' must be a text that holds labels");
  row.choices.assign(profile.choices.begin(), profile.choices.end());
  const auto labels_in = [&](const Answer& answer) {
    Answer out;
    out.kind = AnswerKind::kList;
    const Text own = fold ? lower(decode(answer.text)) : decode(answer.text);
    for (const std::string& choice : row.choices)
      if (own.find(decode(choice)) != Text::npos) out.list.push_back(choice);
    return out;
  };
  row.prediction = labels_in(row.prediction);
  Answer& gold = row.references[0];
  if (gold.kind == AnswerKind::kText) gold = labels_in(gold);
  read_columns(row.choices, gold);
  // Several labels are no contradiction here.
  out.missing = row.prediction.list.empty();
  std::string chosen;
  for (const std::string& label : row.prediction.list)
    chosen += (chosen.empty() ? "" : "; ") + label;
  out.verdict.text("chosen", chosen);
  out.verdict.flag("missing", out.missing);
  out.verdict.flag("ambiguous", false);
  return {};
}

template <typename Change>
void change_texts(Row& row, Change change) {
  row.prediction.text = encode(change(decode(row.prediction.text), false));
  for (Answer& reference : row.references)
    reference.text = encode(change(decode(reference.text), true));
}

Text rationale_of(const Text& text, bool gold) {
  if (gold) return Text(strip_right(text));
  const TextView before = split_on(text, U"###Answer: OPTION ").front();
  return Text(strip(replace(before, U"###Rationale: ", U"")));
}

Text folded_text(const Text& text, bool gold) {
  return lower(strip(gold ? replace(text, U".", U"") : text));
}

bool all_texts(const Row& row) { return expect_texts(row).ok(); }

Result<void> parse_answer(const ProfileForm& form, PreparedRow& out) {
  std::string gold;
  ORCH_ASSIGN(const Parsed parsed, parse_row(form.parser, out.row, gold));
  out.missing = parsed.missing;
  out.ambiguous = parsed.ambiguous;
  out.verdict.number("right", parsed.right);
  out.verdict.text("chosen", parsed.chosen);
  out.verdict.flag("missing", parsed.missing);
  out.verdict.flag("ambiguous", parsed.ambiguous);
  // A parser that compares by its own rule says so with two labels that agree or not.
  const bool own_rule = form.metrics.empty();
  out.row.prediction = text_answer(own_rule         ? (parsed.right ? "right" : "wrong")
                                   : parsed.missing ? "missing"
                                                    : parsed.chosen);
  out.row.references = {text_answer(own_rule ? "right" : gold)};
  return {};
}

}  // namespace

Result<PreparedRow> prepare_row(const Profile& profile, const ProfileForm& form, const Row& row) {
  PreparedRow out;
  out.row = row;
  if (out.row.choices.empty())
    out.row.choices.assign(profile.choices.begin(), profile.choices.end());
  if (out.row.language.empty())
    for (const auto& [task, language] : profile.languages)
      if (row.task == task) out.row.language = language;
  if (row.prediction.kind == AnswerKind::kNull && form.absent != Absent::kRefused) {
    out.skipped = form.absent == Absent::kSkipped;
    if (out.skipped) return out;
    out.row.prediction = text_answer(form.absent == Absent::kNan ? "nan" : "");
  }
  if (form.spans) {
    ORCH_TRY(expect_texts(row));
    const auto spans = [](Answer& answer) {
      answer.spans = html_spans(answer.text);
      answer.kind = AnswerKind::kSpans;
    };
    spans(out.row.prediction);
    for (Answer& reference : out.row.references) spans(reference);
    return out;
  }
  switch (form.step) {
    case Step::kPlain:
      break;
    case Step::kParse:
      ORCH_TRY(parse_answer(form, out));
      break;
    case Step::kLabels:
    case Step::kLabelsFold:
      ORCH_TRY(parse_labels(profile, form.step == Step::kLabelsFold, out));
      break;
    case Step::kRationale:
      ORCH_TRY(expect_texts(out.row));
      change_texts(out.row, rationale_of);
      // As published, only what a human checked counts; the file says so, or holds nothing else.
      out.skipped = row.checked.has_value() && !*row.checked;
      break;
    case Step::kStrip:
      ORCH_TRY(expect_texts(out.row));
      change_texts(out.row, [](const Text& text, bool) { return Text(strip(text)); });
      out.skipped = out.row.prediction.text.empty() || out.row.references[0].text.empty();
      break;
    case Step::kFold:
      if (all_texts(out.row)) change_texts(out.row, folded_text);
      break;
    case Step::kCharacters:
      ORCH_TRY(expect_texts(out.row));
      change_texts(out.row, [](const Text& text, bool) { return emrqa_characters(text); });
      break;
  }
  return out;
}

}  // namespace orch::score
