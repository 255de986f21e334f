#include "jobs/score/metric.h"

#include <charconv>
#include <cmath>

#include "jobs/data/json_text.h"

namespace orch::score {

const char* answer_kind_name(AnswerKind kind) {
  switch (kind) {
    case AnswerKind::kNull:
      return "null";
    case AnswerKind::kText:
      return "a text";
    case AnswerKind::kNumber:
      return "a number or boolean";
    case AnswerKind::kList:
      return "a list of texts";
    case AnswerKind::kSpans:
      return "a list of spans";
  }
  return "";
}

Answer text_answer(std::string text) {
  Answer answer;
  answer.kind = AnswerKind::kText;
  answer.text = std::move(text);
  return answer;
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string out(buffer, end);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

void Fields::number(std::string name, double value) { raw(std::move(name), json_number(value)); }
void Fields::count(std::string name, std::uint64_t value) {
  raw(std::move(name), std::to_string(value));
}
void Fields::flag(std::string name, bool value) { raw(std::move(name), value ? "true" : "false"); }
void Fields::text(std::string name, std::string_view value) {
  raw(std::move(name), data::json_quoted(value));
}
void Fields::raw(std::string name, std::string json) {
  fields_.emplace_back(std::move(name), std::move(json));
}
void Fields::append(const Fields& other) {
  fields_.insert(fields_.end(), other.fields_.begin(), other.fields_.end());
}

std::optional<double> Fields::value(const std::string& name) const {
  for (const auto& [own, json] : fields_) {
    double value = 0;
    const char* const end = json.data() + json.size();
    if (own == name && std::from_chars(json.data(), end, value).ptr == end) return value;
  }
  return std::nullopt;
}

std::string Fields::json() const {
  std::string out = "{";
  for (const auto& [name, value] : fields_) {
    if (out.size() > 1) out += ", ";
    out += data::json_quoted(name) + ": " + value;
  }
  return out + "}";
}

namespace {

Result<void> expect(const Row& row, AnswerKind kind) {
  if (row.prediction.kind != kind)
    return invalid(std::string("'prediction' is ") + answer_kind_name(row.prediction.kind) +
                   ", expected " + answer_kind_name(kind));
  if (row.references.empty()) return invalid("'references' is empty");
  for (const Answer& reference : row.references)
    if (reference.kind != kind)
      return invalid(std::string("'references' holds ") + answer_kind_name(reference.kind) +
                     ", expected " + answer_kind_name(kind));
  return {};
}

}  // namespace

Result<void> expect_texts(const Row& row) { return expect(row, AnswerKind::kText); }
Result<void> expect_lists(const Row& row) { return expect(row, AnswerKind::kList); }

Result<void> expect_one_reference(const Row& row) {
  if (row.references.size() == 1) return {};
  return invalid("'references' holds " + std::to_string(row.references.size()) +
                 ", expected exactly one");
}

}  // namespace orch::score
