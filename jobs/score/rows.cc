#include "jobs/score/rows.h"

#include <simdjson.h>

#include <algorithm>

#include "jobs/data/documents.h"

namespace orch::score {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

std::string quoted(const char* key) { return std::string("'") + key + "'"; }

Result<void> wrong_type(const std::string& what, const char* expected) {
  return invalid(what + ": expected " + expected);
}

bool is_number(const element& value) {
  return value.is<double>() || value.is<std::int64_t>() || value.is<std::uint64_t>();
}

/// ["type", start, end] or {"type": …, "start": …, "end": …}.
Result<void> read_span(const element& value, const std::string& what, LabelledSpan& out) {
  std::string_view type;
  bool good = false;
  array parts;
  if (value.get(parts) == simdjson::SUCCESS) {
    good = parts.size() == 3 && parts.at(0).get(type) == simdjson::SUCCESS &&
           parts.at(1).get(out.start) == simdjson::SUCCESS &&
           parts.at(2).get(out.end) == simdjson::SUCCESS;
  } else {
    good = value["type"].get(type) == simdjson::SUCCESS &&
           value["start"].get(out.start) == simdjson::SUCCESS &&
           value["end"].get(out.end) == simdjson::SUCCESS;
  }
  if (!good) return wrong_type(what, "a span [\"type\", start, end]");
  out.type = std::string(type);
  return {};
}

Result<void> read_list(const array& values, const std::string& what, Answer& out) {
  out.kind = AnswerKind::kList;
  for (const element value : values) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS && out.spans.empty()) {
      out.list.emplace_back(text);
    } else if ((value.is<array>() || value.is<object>()) && out.list.empty()) {
      out.kind = AnswerKind::kSpans;
      ORCH_TRY(read_span(value, what, out.spans.emplace_back()));
    } else if ((is_number(value) || value.is<bool>()) && out.spans.empty()) {
      out.list.push_back(simdjson::minify(value));
    } else {
      return wrong_type(what, "texts, or spans, throughout the list");
    }
  }
  return {};
}

Result<void> read_answer(const element& value, const std::string& what, Answer& out) {
  switch (value.type()) {
    case element_type::STRING:
      out.kind = AnswerKind::kText;
      out.text = std::string(std::string_view(value));
      return {};
    case element_type::ARRAY:
      return read_list(array(value), what, out);
    case element_type::NULL_VALUE:
      out.kind = AnswerKind::kNull;
      return {};
    case element_type::OBJECT:
      return wrong_type(what, "a text, a number or a list, not an object");
    default:
      out.kind = AnswerKind::kNumber;
      out.text = simdjson::minify(value);
      return {};
  }
}

Result<void> read_references(const element& value, std::vector<Answer>& out) {
  array list;
  if (value.get(list) != simdjson::SUCCESS)
    return wrong_type("'references'", "an array of references");
  for (const element reference : list)
    ORCH_TRY(read_answer(reference, "'references'", out.emplace_back()));
  return {};
}

Result<void> read_number(const object& line, const char* key, std::optional<double>& out) {
  element value;
  if (line[key].get(value) != simdjson::SUCCESS || value.is_null()) return {};
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return wrong_type(quoted(key), "a number");
  out = number;
  return {};
}

Result<void> read_extras(const object& line, Row& row) {
  element value;
  if (line["choices"].get(value) == simdjson::SUCCESS && !value.is_null()) {
    array list;
    if (value.get(list) != simdjson::SUCCESS) return wrong_type("'choices'", "an array of texts");
    for (const element choice : list) {
      std::string_view text;
      if (choice.get(text) != simdjson::SUCCESS)
        return wrong_type("'choices'", "an array of texts");
      row.choices.emplace_back(text);
    }
  }
  if (line["language"].get(value) == simdjson::SUCCESS && !value.is_null()) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return wrong_type("'language'", "a text");
    row.language = std::string(text);
  }
  for (const char* const key : {"task", "task_id"})
    if (line[key].get(value) == simdjson::SUCCESS && row.task.empty()) {
      if (value.is_string()) row.task = std::string(std::string_view(value));
      if (is_number(value)) row.task = simdjson::minify(value);
    }
  if (line["checked"].get(value) == simdjson::SUCCESS && !value.is_null()) {
    bool checked = false;
    if (value.get(checked) != simdjson::SUCCESS) return wrong_type("'checked'", "true or false");
    row.checked = checked;
  }
  ORCH_TRY(read_number(line, "points", row.points));
  ORCH_TRY(read_number(line, "log_likelihood", row.log_likelihood));
  ORCH_TRY(read_number(line, "bytes", row.bytes));
  return read_number(line, "tokens", row.tokens);
}

constexpr std::string_view kKeys[] = {"id",       "prediction", "references", "choices",
                                      "language", "task",       "task_id",    "checked",
                                      "points",   "bytes",      "tokens",     "log_likelihood"};

/// The key that a line names twice, of those that are read, or "".
std::string_view repeated_key(const object& line) {
  unsigned seen = 0;
  for (const auto field : line) {
    const auto* const key = std::find(std::begin(kKeys), std::end(kKeys), field.key);
    if (key == std::end(kKeys)) continue;
    const unsigned bit = 1u << (key - std::begin(kKeys));
    if (seen & bit) return *key;
    seen |= bit;
  }
  return {};
}

Result<void> read_row(const object& line, Row& row) {
  if (const std::string_view key = repeated_key(line); !key.empty())
    return invalid("'" + std::string(key) + "' is there twice");
  element value;
  if (line["id"].get(value) != simdjson::SUCCESS) return invalid("'id' is missing");
  if (!value.is_string() && !is_number(value)) return wrong_type("'id'", "a text or a number");
  row.id = simdjson::minify(value);
  const bool bare_likelihood = line["log_likelihood"].error() == simdjson::SUCCESS;
  if (line["prediction"].get(value) == simdjson::SUCCESS) {
    ORCH_TRY(read_answer(value, "'prediction'", row.prediction));
  } else if (!bare_likelihood) {
    return invalid("'prediction' is missing");
  }
  if (line["references"].get(value) == simdjson::SUCCESS) {
    ORCH_TRY(read_references(value, row.references));
  } else if (!bare_likelihood) {
    return invalid("'references' is missing");
  }
  return read_extras(line, row);
}

/// The kind that all rows of a file must share; what may stand for any kind changes nothing.
bool mixes(AnswerKind& common, const Answer& answer) {
  const bool neutral =
      answer.kind == AnswerKind::kNull || (answer.kind == AnswerKind::kList && answer.list.empty());
  if (neutral) return false;
  if (common == AnswerKind::kNull) common = answer.kind;
  return common != answer.kind;
}

}  // namespace

Result<void> read_rows(const std::string& path,
                       const std::function<Result<void>(const Row& row)>& take) {
  simdjson::dom::parser parser;
  AnswerKind predictions = AnswerKind::kNull, references = AnswerKind::kNull;
  std::uint64_t rows = 0, first = 0;
  const auto one = [&](std::string_view text, std::uint64_t number) -> Result<void> {
    element document;
    if (const auto error = parser.parse(text.data(), text.size(), true).get(document))
      return invalid(std::string("not valid JSON: ") + simdjson::error_message(error));
    object line;
    if (document.get(line) != simdjson::SUCCESS)
      return invalid("expected a JSON object {\"id\": …, \"prediction\": …, \"references\": […]}");
    Row row;
    row.line = number;
    ORCH_TRY(read_row(line, row));
    const AnswerKind expected = predictions;
    if (mixes(predictions, row.prediction))
      return invalid(std::string("'prediction' is ") + answer_kind_name(row.prediction.kind) +
                     ", but " + answer_kind_name(expected) + " in line " + std::to_string(first) +
                     ": one file holds one kind of task");
    for (const Answer& reference : row.references)
      if (mixes(references, reference))
        return invalid(std::string("'references' holds ") + answer_kind_name(reference.kind) +
                       ", but " + answer_kind_name(references) +
                       " before: one file holds one kind of task");
    if (rows++ == 0) first = number;
    return take(row);
  };
  ORCH_TRY(data::read_lines(path, [&](std::string_view text, std::uint64_t number) -> Result<void> {
    Result<void> done = one(text, number);
    if (done.ok()) return done;
    Error error = done.error();
    error.message = path + ":" + std::to_string(number) + ": " + error.message;
    return error;
  }));
  return rows == 0 ? invalid(path + ": holds no rows") : Result<void>();
}

}  // namespace orch::score
