#pragma once
// What a metric is: rows go in one by one, values come out, an item's and the set's. One object
// computes all metrics of a family that share work; metrics.h holds the table of names. Owned by
// one run of the scorer. Thread: one.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::score {

class RowText;

struct LabelledSpan {
  std::string type;
  std::int64_t start = 0, end = 0;
  auto operator<=>(const LabelledSpan&) const = default;
};

enum class AnswerKind : unsigned char { kNull, kText, kNumber, kList, kSpans };
/// "a text", "a list of texts", … for messages.
const char* answer_kind_name(AnswerKind kind);

/// A prediction or a reference, as the line has it.
struct Answer {
  AnswerKind kind = AnswerKind::kNull;
  std::string text;  ///< also a number or a boolean, as JSON writes it
  std::vector<std::string> list;
  std::vector<LabelledSpan> spans;
  bool operator==(const Answer&) const = default;
};
Answer text_answer(std::string text);

/// One line of a file to score.
struct Row {
  std::uint64_t line = 0;
  std::string id;  ///< JSON
  Answer prediction;
  std::vector<Answer> references;
  std::vector<std::string> choices;  ///< labels to choose from; empty: not given
  std::string language;              ///< "": as the run says
  std::string task;                  ///< of a suite of several; "": not given
  std::optional<double> points, log_likelihood, bytes, tokens;
  std::optional<bool> checked;  ///< the reference passed a human check
};

/// Names and values of one JSON object, in order.
class Fields {
 public:
  void number(std::string name, double value);
  void count(std::string name, std::uint64_t value);
  void flag(std::string name, bool value);
  void text(std::string name, std::string_view value);
  void raw(std::string name, std::string json);
  void append(const Fields& other);
  bool empty() const { return fields_.empty(); }
  /// A number by its name, if it is there.
  std::optional<double> value(const std::string& name) const;
  /// {"name": value, …}
  std::string json() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Shortest JSON number that reads back as `value`, with a point or an exponent.
std::string json_number(double value);

class Metric {
 public:
  virtual ~Metric() = default;
  /// Takes a row; its own values go to `item`, if there is one. `text` is the same row, cut into
  /// words once for all metrics.  Errors: kInvalid: what the row lacks, without file and line.
  virtual Result<void> add(const Row& row, RowText& text, Fields* item) = 0;
  /// The values over all rows; at least one was added.
  virtual void finish(Fields& set) = 0;
};

/// Errors: kInvalid: the prediction or a reference is not a text, or there is no reference.
Result<void> expect_texts(const Row& row);
/// As expect_texts, for lists of texts.
Result<void> expect_lists(const Row& row);
/// Errors: kInvalid: not exactly one reference.
Result<void> expect_one_reference(const Row& row);

/// A plain mean in the order of the rows, as Python's sum() / len() makes it.
struct Mean {
  double sum = 0;
  std::uint64_t items = 0;
  void add(double value) {
    sum += value;
    ++items;
  }
  double value() const { return items == 0 ? 0.0 : sum / static_cast<double>(items); }
};

/// numerator / denominator, 0 where there is nothing to divide by.
inline double ratio(double numerator, double denominator) {
  return denominator == 0 ? 0.0 : numerator / denominator;
}
/// Harmonic mean, 0 where both are 0.
inline double f_measure(double precision, double recall) {
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0.0;
}

}  // namespace orch::score
