#include "jobs/score/suites.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "jobs/data/documents.h"
#include "jobs/score/mmlu.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::score {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kOptionsMax = 64;
constexpr int kFewshotMax = 1000;

/// One line of a suite's file, with what messages need.
struct Line {
  Json doc;
  std::string where;
  Error wrong(const std::string& what) const { return invalid(where + ": " + what); }
  Result<std::string> text(const char* key) const {
    const auto it = doc.find(key);
    if (it == doc.end()) return wrong(std::string("key \"") + key + "\" is missing");
    if (!it->is_string()) return wrong(std::string("\"") + key + "\" must be a string");
    return it->get<std::string>();
  }
};

/// A question as the three line formats have it.
struct Parsed {
  std::string question;              ///< as it is asked, without "Answer:"
  std::vector<std::string> choices;  ///< what is scored
  int gold = 0;
  std::string answer;
};

/// {"question": …, "options": […], "answer": index}: the options' texts are scored.
Result<Parsed> parse_question(const Line& line) {
  Parsed out;
  ORCH_ASSIGN(const std::string question, line.text("question"));
  out.question = "Question: " + question;
  const auto options = line.doc.find("options");
  if (options == line.doc.end() || !options->is_array() || options->size() < 2 ||
      options->size() > kOptionsMax)
    return line.wrong("\"options\" must be a list of 2 to 64 strings");
  for (const auto& option : *options) {
    if (!option.is_string()) return line.wrong("\"options\" must be a list of strings");
    out.choices.push_back(option.get<std::string>());
  }
  const auto answer = line.doc.find("answer");
  if (answer == line.doc.end() || !answer->is_number_integer() || answer->get<std::int64_t>() < 0 ||
      answer->get<std::int64_t>() >= static_cast<std::int64_t>(out.choices.size()))
    return line.wrong("\"answer\" must be an index into \"options\"");
  out.gold = answer->get<int>();
  out.answer = out.choices[static_cast<std::size_t>(out.gold)];
  return out;
}

/// MedQA: {"question": …, "options": {"A": …}, "answer_idx": "A"}: the letters are scored.
/// Source: lm-evaluation-harness 0.4, task medqa_4options.
Result<Parsed> parse_medqa(const Line& line) {
  Parsed out;
  ORCH_ASSIGN(const std::string question, line.text("question"));
  ORCH_ASSIGN(const std::string answer, line.text("answer_idx"));
  const auto options = line.doc.find("options");
  if (options == line.doc.end() || !options->is_object() || options->size() < 2)
    return line.wrong("\"options\" must be an object {\"A\": …}");
  out.question = "Question: " + question;
  out.gold = -1;
  for (const auto& [letter, option] : options->items()) {
    if (!option.is_string()) return line.wrong("\"options\": '" + letter + "' must be a string");
    out.question += "\n" + letter + ". " + option.get<std::string>();
    if (letter == answer) out.gold = static_cast<int>(out.choices.size());
    out.choices.push_back(letter);
  }
  if (out.gold < 0) return line.wrong("\"answer_idx\" '" + answer + "' is not among \"options\"");
  out.answer = answer;
  return out;
}

/// {"prompt": …, "answer": …}
Result<Parsed> parse_pair(const Line& line) {
  Parsed out;
  ORCH_ASSIGN(out.question, line.text("prompt"));
  ORCH_ASSIGN(out.answer, line.text("answer"));
  return out;
}

using Parser = Result<Parsed> (*)(const Line&);

Result<std::vector<std::pair<Json, Parsed>>> read_all(const SuiteRequest& request, Parser parse) {
  std::vector<std::pair<Json, Parsed>> all;
  ORCH_TRY(data::read_lines(
      request.path, [&](std::string_view text, std::uint64_t number) -> Result<void> {
        Line line{Json::parse(text, nullptr, false), request.path + ":" + std::to_string(number)};
        if (line.doc.is_discarded()) return line.wrong("not JSON");
        if (!line.doc.is_object()) return line.wrong("expected an object");
        ORCH_ASSIGN(Parsed parsed, parse(line));
        all.emplace_back(std::move(line.doc), std::move(parsed));
        return {};
      }));
  if (all.empty()) return invalid(request.path + ": has no items");
  return all;
}

/// Examples in front of an item: the first ones of the file that are not the item itself.
std::string shots(const std::vector<std::pair<Json, Parsed>>& all, std::size_t self, int count) {
  std::string text;
  for (std::size_t i = 0; i < all.size() && count > 0; ++i) {
    if (i == self) continue;
    text += all[i].second.question + "\nAnswer: " + all[i].second.answer + "\n\n";
    --count;
  }
  return text;
}

Result<Suite> load_lines(const SuiteRequest& request, SuiteKind kind, Parser parse) {
  const bool pairs = request.format == "pairs";
  ORCH_ASSIGN(const auto all, read_all(request, parse));
  if (pairs && request.num_fewshot > 0)
    return invalid(request.name + ": num_fewshot does not go with pairs");
  if (static_cast<std::size_t>(request.num_fewshot) >= all.size())
    return invalid(request.path + ": has " + std::to_string(all.size()) +
                   " items, too few for num_fewshot " + std::to_string(request.num_fewshot));
  Suite suite;
  suite.name = request.name;
  suite.kind = kind;
  suite.num_fewshot = request.num_fewshot;
  suite.max_new_tokens = request.max_new_tokens;
  suite.items_original = static_cast<std::int64_t>(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (request.limit > 0 && i == static_cast<std::size_t>(request.limit)) break;
    const Parsed& parsed = all[i].second;
    Item item;
    item.doc_id = static_cast<std::int64_t>(i);
    item.doc = all[i].first.dump();
    const std::string before = shots(all, i, request.num_fewshot);
    if (request.turns) {
      // A turn asks the plain question; its answer begins without a space.
      const bool plain = before.empty() && parsed.question.starts_with("Question: ");
      item.context =
          request.turns->prompt(plain ? parsed.question.substr(10) : before + parsed.question);
    } else {
      item.context = before + parsed.question + (pairs ? "" : "\nAnswer:");
    }
    item.gold = parsed.gold;
    item.target = parsed.answer;
    if (kind == SuiteKind::kMultipleChoice)
      for (const auto& choice : parsed.choices)
        item.continuations.push_back((request.turns ? "" : " ") + choice);
    suite.items.push_back(std::move(item));
  }
  return suite;
}

/// Where trailing white space of a text begins, as Python's rstrip has it.
std::size_t stripped_size(std::string_view text) {
  std::size_t end = text.size();
  while (end > 0) {
    std::size_t begin = end - 1;
    while (begin > 0 && continues_character(text[begin])) --begin;
    const std::uint32_t c = tokenizer::character_at(text, begin).code_point;
    const bool separator = c >= 0x1C && c <= 0x1F;
    if (!separator && tokenizer::char_class(c) != tokenizer::CharClass::kSpace) break;
    end = begin;
  }
  return end;
}

}  // namespace

Result<std::vector<Suite>> load_suite(const SuiteRequest& request) {
  const bool choice = request.kind == "multiple_choice";
  if (!choice && request.kind != "generate")
    return invalid("suite " + request.name + ": kind '" + request.kind + "' is not known",
                   "multiple_choice or generate");
  if (request.num_fewshot < 0 || request.num_fewshot > kFewshotMax)
    return invalid("suite " + request.name + ": num_fewshot must be 0 to 1000");
  Parser parse = nullptr;
  if (request.format == "jsonl") {
    parse = parse_question;
  } else if (request.format == "medqa") {
    parse = parse_medqa;
  } else if (request.format == "pairs") {
    if (choice)
      return invalid("suite " + request.name + ": pairs have no options to choose from",
                     "kind: generate");
    parse = parse_pair;
  } else if (request.format == "mmlu") {
    if (!choice) return invalid("suite " + request.name + ": mmlu is multiple_choice here");
    return load_mmlu(request);
  } else {
    return invalid("suite " + request.name + ": format '" + request.format + "' is not known",
                   "jsonl, mmlu, medqa or pairs");
  }
  ORCH_ASSIGN(
      Suite suite,
      load_lines(request, choice ? SuiteKind::kMultipleChoice : SuiteKind::kGenerate, parse));
  std::vector<Suite> suites;
  suites.push_back(std::move(suite));
  return suites;
}

TokenRequest token_request(const Item& item, const tokenizer::Tokenizer& tokenizer) {
  TokenRequest out;
  const std::size_t kept = stripped_size(item.context);
  const std::string context = item.context.substr(0, kept), moved = item.context.substr(kept);
  out.context = tokenizer.encode(context, true);
  if (out.context.empty() || context.empty()) {
    if (out.context.empty()) out.context = {tokenizer.end_of_text()};
    for (const auto& continuation : item.continuations)
      out.continuations.push_back(tokenizer.encode(moved + continuation, false));
    return out;
  }
  for (const auto& continuation : item.continuations) {
    std::vector<std::int32_t> whole = tokenizer.encode(context + moved + continuation, true);
    // A merge across the border may leave nothing for the continuation: its last token is scored
    // then.
    const std::size_t border = std::min(out.context.size(), whole.size() - 1);
    out.continuations.emplace_back(whole.begin() + static_cast<std::ptrdiff_t>(border),
                                   whole.end());
  }
  return out;
}

std::int64_t fit_request(TokenRequest& request, std::int64_t positions) {
  std::size_t longest = 1;
  for (const auto& continuation : request.continuations)
    longest = std::max(longest, continuation.size());
  // The last token of a continuation is only predicted.
  const auto needed = static_cast<std::int64_t>(request.context.size() + longest - 1);
  const auto spare = static_cast<std::int64_t>(request.context.size()) - 1;
  const std::int64_t cut =
      std::clamp<std::int64_t>(needed - positions, 0, std::max<std::int64_t>(spare, 0));
  request.context.erase(request.context.begin(), request.context.begin() + cut);
  return cut;
}

std::vector<std::int32_t> prompt_ids(const Item& item, const tokenizer::Tokenizer& tokenizer) {
  auto ids = tokenizer.encode(item.context, true);
  if (ids.empty()) ids.push_back(tokenizer.end_of_text());
  return ids;
}

}  // namespace orch::score
