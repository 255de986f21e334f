#include "jobs/score/answer_parsers.h"

#include <algorithm>
#include <set>

namespace orch::score {

namespace {

bool contains(TextView text, TextView part) { return text.find(part) != TextView::npos; }

Text without_any(TextView text, TextView characters) {
  Text out;
  for (const char32_t c : text)
    if (characters.find(c) == TextView::npos) out += c;
  return out;
}

std::set<Text> comma_set(TextView text, bool trimmed) {
  std::set<Text> out;
  for (const TextView part : split_on(text, U",")) out.emplace(trimmed ? strip(part) : part);
  return out;
}

Parsed missing() {
  Parsed parsed;
  parsed.missing = true;
  return parsed;
}

bool is_option(char32_t c) { return c >= 'A' && c <= 'J'; }

/// End of the last "answer is", "Answer:" or "OPTION", or 0.
std::size_t behind_announcement(const Text& folded) {
  std::size_t end = 0;
  for (const TextView sign : {TextView(U"answer is"), TextView(U"answer:"), TextView(U"option ")}) {
    const std::size_t at = folded.rfind(sign);
    if (at != Text::npos) end = std::max(end, at + sign.size());
  }
  return end;
}

/// The option at the start of `text`, behind brackets and spaces; 0: none.
char32_t leading_option(TextView text) {
  while (!text.empty() &&
         (is_space(text[0]) || TextView(U"(:*\"'").find(text[0]) != TextView::npos))
    text.remove_prefix(1);
  if (text.empty() || !is_option(text[0])) return 0;
  if (text.size() == 1) return text[0];
  return TextView(U").:,;*\"'<\n").find(text[1]) != TextView::npos || strip(text).size() == 1
             ? text[0]
             : 0;
}

/// Capital options that stand alone, each once.
std::set<char32_t> standing_options(TextView text) {
  std::set<char32_t> out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] >= 'A' && text[i] <= 'E' && (i == 0 || !is_word(text[i - 1])) &&
        (i + 1 == text.size() || !is_word(text[i + 1])))
      out.insert(text[i]);
  return out;
}

const std::vector<std::string> kYesNo = {"yes", "no"};
constexpr std::string_view kLetters[] = {"A", "B", "C", "D", "E"};
constexpr std::string_view kDecisions[] = {"yes", "no", "maybe"};
constexpr std::string_view kInferences[] = {"entailment", "contradiction", "neutral"};
constexpr std::string_view kInteractions[] = {"DDI-effect", "DDI-mechanism", "DDI-advise",
                                              "DDI-false", "DDI-int"};

std::string ascii_lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

/// The row's choices; else the list of the published task that has the gold label.
Result<std::vector<std::string>> choices_of(const Row& row, const std::string& gold) {
  if (!row.choices.empty()) return row.choices;
  using Known = std::span<const std::string_view>;
  for (const Known known :
       {Known(kLetters), Known(kDecisions), Known(kInferences), Known(kInteractions)})
    if (std::find(known.begin(), known.end(), gold) != known.end() ||
        std::find(known.begin(), known.end(), ascii_lower(gold)) != known.end())
      return std::vector<std::string>(known.begin(), known.end());
  return invalid("'choices' is missing: the labels to choose from, in order");
}

}  // namespace

Parsed first_choice(TextView text, std::span<const std::string> choices, bool fold_case) {
  const Text own = fold_case ? lower(strip(text)) : Text(strip(text));
  Parsed parsed = missing();
  for (const std::string& choice : choices) {
    const Text label = fold_case ? lower(decode(choice)) : decode(choice);
    if (!contains(own, label)) continue;
    if (parsed.missing)
      parsed.chosen = encode(label);
    else
      parsed.ambiguous = true;
    parsed.missing = false;
  }
  return parsed;
}

Parsed exactly_one(TextView text, std::span<const std::string> choices) {
  Parsed parsed = first_choice(text, choices, false);
  if (!parsed.ambiguous) return parsed;
  parsed.chosen.clear();
  parsed.missing = true;
  return parsed;
}

Parsed whole_word(TextView text, std::span<const std::string> choices) {
  const Text own = lower(text);
  Parsed parsed = missing();
  for (const std::string& choice : choices) {
    const Text label = lower(decode(choice));
    bool found = false;
    for (std::size_t at = own.find(label); at != Text::npos && !found && !label.empty();
         at = own.find(label, at + 1)) {
      const std::size_t end = at + label.size();
      const auto part = [](char32_t c) { return is_word(c) || c == '-'; };
      found = (at == 0 || !part(own[at - 1])) && (end == own.size() || !part(own[end]));
    }
    if (!found) continue;
    parsed.ambiguous = !parsed.missing;
    parsed.missing = false;
    parsed.chosen = choice;
    if (parsed.ambiguous) break;
  }
  if (parsed.ambiguous) {
    parsed.missing = true;
    parsed.chosen.clear();
  }
  return parsed;
}

Parsed first_letter_meds(TextView text, TextView gold) {
  const auto first = [](TextView t) -> char32_t {
    const Text bare = replace(lower(t), U"the right answer is", U"");
    const TextView trimmed = strip(bare);
    return trimmed.empty() ? 0 : trimmed.front();
  };
  const char32_t own = first(text), right = first(gold);
  const TextView letters = right == 'y' || right == 'n' ? U"yn" : U"abcd";
  if (own == 0 || letters.find(own) == TextView::npos) return missing();
  Parsed parsed;
  parsed.chosen = encode(TextView(&own, 1));
  parsed.ambiguous =
      letters == U"yn" ? whole_word(text, kYesNo).ambiguous : standing_options(text).size() > 1;
  parsed.right = own == right;
  return parsed;
}

Parsed option_mmedbench(TextView text, TextView gold) {
  const Text bare = replace(replace(text, U"###Answer: OPTION ", U""), U"IS CORRECT.</s>", U"");
  const TextView response = strip(bare);
  Parsed parsed;
  parsed.chosen = encode(response);
  const std::size_t announced = text.find(U"###Answer: OPTION ");
  parsed.missing = announced == TextView::npos;
  parsed.ambiguous = !parsed.missing && contains(text.substr(announced + 1), U"###Answer: OPTION ");
  parsed.right =
      gold.size() == 1 ? response == gold : comma_set(response, false) == comma_set(gold, false);
  return parsed;
}

Parsed option_anywhere(TextView text, TextView gold) {
  constexpr TextView kBefore = U"OPTION ", kBehind = U" IS CORRECT";
  const std::size_t at = text.find(kBefore);
  const std::size_t end = at == TextView::npos ? at : text.find(kBehind, at);
  if (end == TextView::npos) return missing();
  const TextView letters = text.substr(at + kBefore.size(), end - at - kBefore.size());
  const bool well = !letters.empty() && std::all_of(letters.begin(), letters.end(), [](char32_t c) {
    return is_option(c) || c == ',' || c == ' ';
  });
  if (!well) return missing();
  Parsed parsed;
  parsed.chosen = encode(letters);
  parsed.ambiguous = text.find(kBefore, end) != TextView::npos;
  parsed.right = comma_set(letters, true) == comma_set(gold, true);
  return parsed;
}

Parsed letter_strict(TextView text) {
  char32_t option = leading_option(text);
  if (option == 0) {
    const Text folded = lower(text);
    const std::size_t behind = folded.size() == text.size() ? behind_announcement(folded) : 0;
    if (behind > 0) option = leading_option(text.substr(behind));
    // "OPTION B IS CORRECT": a space divides too, behind an announcement.
    if (behind > 0 && option == 0) {
      const TextView rest = strip_left(text.substr(behind));
      if (rest.size() > 1 && is_option(rest[0]) && is_space(rest[1])) option = rest[0];
    }
  }
  if (option == 0) return missing();
  Parsed parsed;
  parsed.chosen = encode(TextView(&option, 1));
  parsed.ambiguous = standing_options(text.substr(0, text.find(U'\n'))).size() > 1;
  return parsed;
}

Parsed mcqa_strict(TextView text, TextView gold) {
  const auto bare = [](TextView t) {
    return Text(strip(replace(lower(t), U"the right answer is", U"")));
  };
  // The only letter at the start, whatever its case; "Because" is none.
  const auto small = [&](TextView t) -> std::string {
    const Text own = bare(t);
    TextView rest = own;
    while (!rest.empty() && !is_word(rest[0])) rest.remove_prefix(1);
    const bool alone =
        rest.size() == 1 || (rest.size() > 1 && TextView(U".:),;").find(rest[1]) != TextView::npos);
    return !rest.empty() && rest[0] >= 'a' && rest[0] <= 'j' && alone
               ? std::string(1, static_cast<char>(rest[0] - 'a' + 'A'))
               : "";
  };
  Parsed parsed;
  const Parsed decided = whole_word(gold, kYesNo);
  if (!decided.missing) {
    parsed = whole_word(text, kYesNo);
    parsed.right = !parsed.missing && parsed.chosen == decided.chosen;
    return parsed;
  }
  parsed = letter_strict(text);
  if (parsed.missing) {
    parsed.chosen = small(text);
    parsed.missing = parsed.chosen.empty();
  }
  std::string letter = small(gold);
  if (const Text own = bare(gold); letter.empty() && !own.empty() && own[0] >= 'a' && own[0] <= 'j')
    letter.assign(1, static_cast<char>(own[0] - 'a' + 'A'));
  parsed.right = !parsed.missing && parsed.chosen == letter;
  return parsed;
}

Parsed contains_meds(TextView text, TextView gold, ContainsRule rule) {
  Text own, right;
  switch (rule) {
    case ContainsRule::kExtraction:
      own = without_any(strip(lower(text)), U"\"'\n");
      right = without_any(strip(lower(gold)), U"\"'\n");
      break;
    case ContainsRule::kOutcome: {
      const Text folded = lower(text);
      const Text label(strip(lower(gold)));
      const bool yes = contains(folded, U"true"), no = contains(folded, U"false");
      Parsed parsed;
      parsed.ambiguous = yes && no;
      parsed.missing = yes == no;
      if (!parsed.missing) parsed.chosen = yes ? "true" : "false";
      parsed.right = !parsed.missing && label == decode(parsed.chosen);
      return parsed;
    }
    default: {
      const TextView whole = text;
      own = lower(rule == ContainsRule::kFirstLine ? whole.substr(0, whole.find(U'\n')) : whole);
      Text bare = replace(gold, U".", U"");
      for (const TextView lead : {U"The diagnosis result is", U"The treatment planning is:"})
        bare = replace(bare, lead, U"");
      right = lower(strip(bare));
    }
  }
  Parsed parsed;
  parsed.right = contains(own, right);
  parsed.missing = !parsed.right;
  if (parsed.right) parsed.chosen = encode(right);
  return parsed;
}

namespace {

/// What the text holds, where the row says what there is to choose from; right stays as it is.
Parsed among_choices(const Row& row, Parsed parsed, TextView text) {
  if (row.choices.empty()) return parsed;
  const Parsed found = first_choice(text, row.choices, true);
  parsed.chosen = found.chosen;
  parsed.missing = found.missing;
  parsed.ambiguous = found.ambiguous;
  return parsed;
}

}  // namespace

Result<Parsed> parse_row(Parser parser, const Row& row, std::string& gold) {
  ORCH_TRY(expect_one_reference(row));
  const Answer& reference = row.references[0];
  if (row.prediction.kind != AnswerKind::kText)
    return invalid(std::string("'prediction' is ") + answer_kind_name(row.prediction.kind) +
                   ", expected a text");
  gold = reference.text;
  const bool options = parser == Parser::kOption || parser == Parser::kOptionAnywhere;
  if (options && reference.kind == AnswerKind::kList) {
    gold.clear();
    for (const std::string& letter : reference.list) gold += (gold.empty() ? "" : ",") + letter;
  } else if (reference.kind != AnswerKind::kText) {
    return invalid(std::string("'references' holds ") + answer_kind_name(reference.kind) +
                   ", expected a text");
  }
  const Text text = decode(row.prediction.text), right = decode(gold);
  switch (parser) {
    case Parser::kContains:
      return among_choices(row, contains_meds(text, right, ContainsRule::kLabel), text);
    case Parser::kExtraction:
      return contains_meds(text, right, ContainsRule::kExtraction);
    case Parser::kOutcome:
      return contains_meds(text, right, ContainsRule::kOutcome);
    case Parser::kFirstLine:
      return among_choices(row, contains_meds(text, right, ContainsRule::kFirstLine),
                           TextView(text).substr(0, text.find(U'\n')));
    case Parser::kMcqa:
      return first_letter_meds(text, right);
    case Parser::kMcqaStrict:
      return mcqa_strict(text, right);
    case Parser::kOption:
      return option_mmedbench(text, right);
    case Parser::kOptionAnywhere:
      return option_anywhere(text, right);
    default:
      break;
  }
  Parsed parsed;
  if (parser == Parser::kLetterStrict) {
    parsed = letter_strict(text);
  } else {
    ORCH_ASSIGN(const auto choices, choices_of(row, gold));
    const bool letters = std::all_of(choices.begin(), choices.end(),
                                     [](const std::string& c) { return c.size() == 1; });
    // Letters keep their case, as the released question answering tasks do; labels are folded.
    const bool fold =
        parser == Parser::kFirstChoiceFolded || (parser == Parser::kFirstChoice && !letters);
    if (parser == Parser::kExactlyOne)
      parsed = exactly_one(text, choices);
    else if (parser == Parser::kWholeWord)
      parsed = whole_word(text, choices);
    else
      parsed = first_choice(text, choices, fold);
    if (fold) gold = encode(lower(right));
  }
  parsed.right = !parsed.missing && parsed.chosen == gold;
  return parsed;
}

namespace {

class AnswerParser final : public Metric {
 public:
  AnswerParser(std::string name, Parser parser) : name_(std::move(name)), parser_(parser) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    std::string gold;
    ORCH_ASSIGN(const Parsed parsed, parse_row(parser_, row, gold));
    right_.add(parsed.right);
    missing_.add(parsed.missing);
    ambiguous_.add(parsed.ambiguous);
    if (!item) return {};
    item->number(name_, parsed.right);
    item->text(name_ + "_chosen", parsed.chosen);
    item->flag(name_ + "_missing", parsed.missing);
    item->flag(name_ + "_ambiguous", parsed.ambiguous);
    return {};
  }
  void finish(Fields& set) override {
    set.number(name_, right_.value());
    set.number(name_ + "_missing", missing_.value());
    set.number(name_ + "_ambiguous", ambiguous_.value());
  }

 private:
  std::string name_;
  Parser parser_;
  Mean right_, missing_, ambiguous_;
};

}  // namespace

std::unique_ptr<Metric> make_answer_parser(std::string name, Parser parser) {
  return std::make_unique<AnswerParser>(std::move(name), parser);
}

}  // namespace orch::score
