#include "jobs/data/instruct_rows.h"

#include <simdjson.h>

#include <algorithm>

#include "base/check.h"
#include "base/random.h"
#include "base/sha256.h"
#include "jobs/data/documents.h"
#include "jobs/data/json_text.h"
#include "jobs/data/mixture.h"

namespace orch::data {

namespace {

/// A Jinja string literal: its escapes are Python's.
std::string jinja_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    switch (c) {
      case '\'':
        out += "\\'";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  return out + "'";
}

Result<std::string> text_of(simdjson::dom::object object, const char* key,
                            const std::string& where) {
  std::string_view text;
  simdjson::dom::element value;
  if (object[key].get(value)) return invalid(where + ": key \"" + key + "\" is missing");
  if (value.get(text)) return invalid(where + ": \"" + key + "\" must be a string");
  return std::string(text);
}

}  // namespace

std::string TurnFormat::prompt(std::string_view user) const {
  return user_prefix + std::string(user) + user_suffix + assistant_prefix;
}

std::string TurnFormat::row(std::string_view user, std::string_view assistant) const {
  return prompt(user) + std::string(assistant) + assistant_suffix;
}

std::string chat_template(const TurnFormat& format, std::string_view begin) {
  std::string text;
  if (!begin.empty()) text += "{{ " + jinja_quoted(begin) + " }}";
  text += "{% for message in messages %}{% if message['role'] == 'user' %}{{ " +
          jinja_quoted(format.user_prefix) + " + message['content'] + " +
          jinja_quoted(format.user_suffix) + " }}{% elif message['role'] == 'assistant' %}{{ " +
          jinja_quoted(format.assistant_prefix) + " + message['content'] + " +
          jinja_quoted(format.assistant_suffix) +
          " + eos_token }}{% else %}{{ raise_exception('only user and assistant turns are known') "
          "}}{% endif %}"
          "{% endfor %}{% if add_generation_prompt %}{{ " +
          jinja_quoted(format.assistant_prefix) + " }}{% endif %}";
  return text;
}

std::string turn_format_json(const TurnFormat& format) {
  return "{\"user_prefix\": " + json_quoted(format.user_prefix) +
         ", \"user_suffix\": " + json_quoted(format.user_suffix) +
         ", \"assistant_prefix\": " + json_quoted(format.assistant_prefix) +
         ", \"assistant_suffix\": " + json_quoted(format.assistant_suffix) + "}\n";
}

Result<TurnFormat> parse_turn_format(std::string_view json, const std::string& where) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object))
    return invalid(where + ": is not a JSON object");
  TurnFormat format;
  ORCH_ASSIGN(format.user_prefix, text_of(object, "user_prefix", where));
  ORCH_ASSIGN(format.user_suffix, text_of(object, "user_suffix", where));
  ORCH_ASSIGN(format.assistant_prefix, text_of(object, "assistant_prefix", where));
  ORCH_ASSIGN(format.assistant_suffix, text_of(object, "assistant_suffix", where));
  return format;
}

Result<std::unique_ptr<InstructRows>> InstructRows::open(const std::string& path,
                                                         const tokenizer::Tokenizer& tokenizer,
                                                         const TurnFormat& format,
                                                         std::uint64_t seed, int length) {
  if (tokenizer.end_of_text() < 0)
    return invalid(path + ": the tokenizer has no end-of-text token");
  if (length < 2) return invalid("window: " + std::to_string(length) + " is too short for a row");
  std::unique_ptr<InstructRows> rows(new InstructRows());
  rows->path_ = path;
  rows->seed_ = seed;
  rows->length_ = length;
  rows->padding_ = tokenizer.end_of_text();
  // The text before a row is what the tokenizer puts first; the end is one token, never merged with
  // the answer.
  const std::vector<std::int32_t> begin = tokenizer.encode("", true);
  Sha256 digest;
  simdjson::dom::parser parser;
  ORCH_TRY(read_lines(path, [&](std::string_view line, std::uint64_t number) -> Result<void> {
    const std::string where = path + ":" + std::to_string(number);
    simdjson::dom::object object;
    if (parser.parse(line.data(), line.size()).get(object))
      return invalid(where + ": expected an object {\"prompt\": …, \"answer\": …}");
    ORCH_ASSIGN(const std::string prompt, text_of(object, "prompt", where));
    ORCH_ASSIGN(const std::string answer, text_of(object, "answer", where));
    Row row{begin, 0, number};
    tokenizer.encode_into(format.row(prompt, answer), false, row.ids);
    std::vector<std::int32_t> asked = begin;
    tokenizer.encode_into(format.prompt(prompt), false, asked);
    // Where a token spans both, it belongs to the answer.
    const auto limit = static_cast<std::ptrdiff_t>(std::min(asked.size(), row.ids.size()));
    row.answer = static_cast<std::size_t>(
        std::mismatch(asked.begin(), asked.begin() + limit, row.ids.begin()).first - asked.begin());
    row.ids.push_back(tokenizer.end_of_text());
    if (row.answer == 0) return invalid(where + ": the prompt has no token of its own");
    if (row.ids.size() > static_cast<std::size_t>(length) + 1)
      return invalid(where + ": the row has " + std::to_string(row.ids.size()) +
                         " tokens, a window holds " + std::to_string(length + 1),
                     "raise window, or leave the row out");
    digest.update(row.ids.data(), row.ids.size() * sizeof(std::int32_t));
    const std::uint64_t border = row.answer;
    digest.update(&border, sizeof border);
    rows->rows_.push_back(std::move(row));
    return {};
  }));
  if (rows->rows_.empty()) return invalid(path + ": has no rows");
  rows->digest_ = digest.hex();
  return rows;
}

void InstructRows::fill(std::uint64_t first_slot, int count, model::Batch& batch) const {
  const auto length = static_cast<std::size_t>(length_);
  const std::size_t total = static_cast<std::size_t>(count) * length;
  batch.windows = count;
  batch.length = length_;
  batch.ids.assign(total, padding_);
  batch.labels.assign(total, -1);
  batch.positions.assign(total, 0);
  batch.segment_start.assign(total, 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const Row& row = rows_[row_of(first_slot + i)];
    const std::size_t used = row.ids.size() - 1;
    for (std::size_t t = 0; t < length; ++t) {
      const std::size_t at = i * length + t;
      if (t >= used) {
        batch.segment_start[at] = static_cast<std::int32_t>(t);
        continue;
      }
      batch.ids[at] = row.ids[t];
      batch.positions[at] = static_cast<std::int32_t>(t);
      if (t + 1 >= row.answer) batch.labels[at] = row.ids[t + 1];
    }
  }
}

std::uint64_t InstructRows::row_of(std::uint64_t slot) const {
  const std::uint64_t epoch = slot / rows_.size();
  return Permutation(seed_, epoch, rows_.size())(slot % rows_.size());
}

std::string InstructRows::provenance(std::uint64_t slot) const {
  return path_ + ":" + std::to_string(rows_[row_of(slot)].line) + " (epoch " +
         std::to_string(slot / rows_.size()) + ")";
}

}  // namespace orch::data
