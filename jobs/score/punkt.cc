#include "jobs/score/punkt.h"

#include <algorithm>
#include <charconv>

#include "base/file.h"

namespace orch::score {

namespace {

/// Contexts in which a word was seen: first letter upper or lower; at the beginning of a sentence,
/// in its middle, or unknown.
constexpr int kBeginUpper = 1 << 1, kMiddleUpper = 1 << 2, kUnknownUpper = 1 << 3;
constexpr int kBeginLower = 1 << 4, kMiddleLower = 1 << 5, kUnknownLower = 1 << 6;
constexpr int kUpper = kBeginUpper | kMiddleUpper | kUnknownUpper;
constexpr int kLower = kBeginLower | kMiddleLower | kUnknownLower;

constexpr TextView kNumberType = U"##number##";

constexpr CharSet kNonWord(U")\";}]*:@'({[!?");
constexpr CharSet kNoStart(U"(\"`{[:;&#*@)}]-,");
constexpr CharSet kNumberRest(U",.-");
constexpr CharSet kClosing(U"\"')]}");
constexpr CharSet kInner(U";:,.!?");
constexpr CharSet kAsciiSpace(U" \t\n\r\x0b\x0c");

constexpr std::uint64_t kSentenceEnds =
    std::uint64_t{1} << '.' | std::uint64_t{1} << '?' | std::uint64_t{1} << '!';
bool ends_sentence(char32_t c) { return c < 64 && (kSentenceEnds >> c & 1); }
/// What cannot be inside a word.
bool non_word(char32_t c) { return kNonWord.has(c); }
bool starts_word(char32_t c) { return !is_space(c) && !kNoStart.has(c); }

char32_t at(TextView s, std::size_t i) { return i < s.size() ? s[i] : U'\0'; }
bool space_at(TextView s, std::size_t i) { return i < s.size() && is_space(s[i]); }
bool char_at(TextView s, std::size_t i, char32_t c) { return i < s.size() && s[i] == c; }

/// Length of a dash, an ellipsis or a spaced ellipsis at `i`; 0: none.
std::size_t multi_character(TextView s, std::size_t i) {
  const char32_t c = at(s, i);
  if ((c == '-' || c == '.') && char_at(s, i + 1, c)) {
    std::size_t end = i + 2;
    while (char_at(s, end, c)) ++end;
    return end - i;
  }
  if (c != '.') return 0;
  std::size_t end = i;
  while (char_at(s, end, '.') && space_at(s, end + 1)) end += 2;
  if (!char_at(s, end, '.')) end -= 2;  // the last pair gives its period back
  return end >= i + 4 && end < s.size() ? end + 1 - i : 0;
}

/// As multi_character(s, i) != 0, in constant time.
bool multi_character_begins(TextView s, std::size_t i) {
  const char32_t c = at(s, i);
  if ((c == '-' || c == '.') && char_at(s, i + 1, c)) return true;
  return c == '.' && space_at(s, i + 1) && char_at(s, i + 2, '.') && space_at(s, i + 3) &&
         char_at(s, i + 4, '.');
}

bool word_boundary(TextView s, std::size_t i) {
  return i >= s.size() || is_space(s[i]) || non_word(s[i]) || multi_character_begins(s, i);
}

bool word_ends(TextView s, std::size_t i) {
  return word_boundary(s, i) || (s[i] == ',' && word_boundary(s, i + 1));
}

bool is_numeral(TextView token) {
  std::size_t i = 0;
  if (char_at(token, i, '-')) ++i;
  if (char_at(token, i, '.') || char_at(token, i, ',')) ++i;
  if (i >= token.size() || !is_decimal(token[i])) return false;
  return std::all_of(token.begin() + static_cast<std::ptrdiff_t>(i) + 1, token.end(),
                     [](char32_t c) { return is_decimal(c) || kNumberRest.has(c); });
}

struct Slice {
  std::size_t begin = 0, end = 0;
};

/// Characters of closing quotes and brackets at the start of a sentence that belong to the one
/// before it, with the white space behind them; `closing`: without that space. {0, 0}: none.
struct Realignment {
  std::size_t closing = 0, all = 0;
};
Realignment realignment(TextView s) {
  for (std::size_t i = 0; i < s.size() && kClosing.has(s[i]);) {
    ++i;
    if (i == s.size() || (s[i] == '-' && char_at(s, i + 1, '-'))) return {i, i};
    if (!is_space(s[i])) continue;
    std::size_t end = i;
    while (space_at(s, end)) ++end;
    return {i, end};
  }
  return {};
}

std::vector<TextView> realigned(TextView text, const std::vector<Slice>& slices) {
  std::vector<TextView> out;
  const auto view = [&](Slice s) {
    return s.begin < s.end ? text.substr(s.begin, s.end - s.begin) : TextView();
  };
  std::size_t moved = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    Slice sentence{slices[i].begin + moved, slices[i].end};
    const Realignment next =
        i + 1 < slices.size() ? realignment(view(slices[i + 1])) : Realignment{};
    if (next.all > 0) {
      sentence.end = slices[i + 1].begin + next.closing;
      out.push_back(view(sentence));
    } else if (!view(sentence).empty()) {
      out.push_back(view(sentence));
    }
    moved = next.all;
  }
  return out;
}

/// A period, question or exclamation mark with what follows it.
struct Candidate {
  std::size_t mark = 0;   ///< index of the mark
  std::size_t after = 0;  ///< end of the following token
  std::size_t next = 0;   ///< begin of the next sentence, if this is a break
  std::size_t word_begin = 0;
};

/// The next candidate at or after `from`, or false.
bool next_candidate(TextView text, std::size_t from, Candidate& out) {
  for (std::size_t i = from; i + 1 < text.size(); ++i) {
    if (!ends_sentence(text[i])) continue;
    if (non_word(text[i + 1])) {
      out = {i, i + 2, i + 1, 0};
      return true;
    }
    std::size_t next = i + 1;
    while (space_at(text, next)) ++next;
    if (next == i + 1 || next == text.size()) continue;
    std::size_t end = next;
    while (end < text.size() && !is_space(text[end])) ++end;
    out = {i, end, next, 0};
    return true;
  }
  return false;
}

std::size_t last_ascii_space(TextView s) {
  for (std::size_t i = s.size(); i-- > 0;)
    if (kAsciiSpace.has(s[i])) return i;
  return 0;
}

Result<std::vector<Text>> lines_of(const std::string& path) {
  ORCH_ASSIGN(const std::string bytes, read_file(path));
  std::vector<Text> lines;
  for (std::size_t begin = 0; begin < bytes.size();) {
    std::size_t end = bytes.find('\n', begin);
    if (end == std::string::npos) end = bytes.size();
    lines.push_back(decode(std::string_view(bytes).substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

struct Punkt::Token {
  explicit Token(TextView t) : text(t) {
    type = is_numeral(t) ? Text(kNumberType) : lower(t);
    period_final = t.back() == '.';
  }
  TextView type_without_period() const {
    const TextView view = type;
    return view.size() > 1 && view.back() == '.' ? view.substr(0, view.size() - 1) : view;
  }
  TextView type_without_sentence_period() const {
    return sentence_break ? type_without_period() : TextView(type);
  }
  bool initial() const {
    return text.size() == 2 && text[1] == '.' && is_word(text[0]) && !is_decimal(text[0]);
  }
  bool first_upper() const { return char_flags(text[0]) & kUpperFlag; }
  bool first_lower() const { return char_flags(text[0]) & kLowerFlag; }

  TextView text;
  Text type;
  bool period_final = false, sentence_break = false, abbreviation = false, ellipsis = false;
};

Result<Punkt> Punkt::open(const std::string& folder) {
  Punkt punkt;
  ORCH_ASSIGN(const auto abbreviations, lines_of(join_path(folder, "abbrev_types.txt")));
  punkt.abbreviations_.insert(abbreviations.begin(), abbreviations.end());
  ORCH_ASSIGN(const auto starters, lines_of(join_path(folder, "sent_starters.txt")));
  punkt.starters_.insert(starters.begin(), starters.end());
  ORCH_ASSIGN(const auto collocations, lines_of(join_path(folder, "collocations.tab")));
  punkt.collocations_.insert(collocations.begin(), collocations.end());
  const std::string path = join_path(folder, "ortho_context.tab");
  ORCH_ASSIGN(const auto contexts, lines_of(path));
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const std::size_t tab = contexts[i].rfind(U'\t');
    const std::string number =
        tab == Text::npos ? "" : encode(TextView(contexts[i]).substr(tab + 1));
    int value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size())
      return invalid(path + ":" + std::to_string(i + 1) + ": expected WORD, a tab, a number");
    punkt.orthography_[contexts[i].substr(0, tab)] = value;
  }
  return punkt;
}

int Punkt::orthography(TextView type) const {
  const auto found = orthography_.find(Text(type));
  return found == orthography_.end() ? 0 : found->second;
}

bool Punkt::abbreviation(TextView word) const {
  const Text low = lower(word);
  if (abbreviations_.contains(low)) return true;
  const std::size_t dash = low.rfind(U'-');
  return dash != Text::npos && abbreviations_.contains(low.substr(dash + 1));
}

void Punkt::tokens_of_line(TextView line, std::vector<Token>& tokens) const {
  for (std::size_t i = 0; i < line.size();) {
    if (std::size_t length = multi_character(line, i); length > 0) {
      tokens.emplace_back(line.substr(i, length));
      i += length;
    } else if (is_space(line[i])) {
      ++i;
    } else {
      length = 1;
      if (starts_word(line[i]))
        while (!word_ends(line, i + length)) ++length;
      tokens.emplace_back(line.substr(i, length));
      i += length;
    }
  }
}

void Punkt::first_pass(Token& token) const {
  const TextView text = token.text;
  const auto is_period = [](char32_t c) { return c == '.'; };
  if (text.size() == 1 && ends_sentence(text[0])) {
    token.sentence_break = true;
  } else if (text.size() > 1 && std::all_of(text.begin(), text.end(), is_period)) {
    token.ellipsis = true;
  } else if (token.period_final && !(text.size() > 1 && text[text.size() - 2] == '.')) {
    if (abbreviation(text.substr(0, text.size() - 1)))
      token.abbreviation = true;
    else
      token.sentence_break = true;
  }
}

Punkt::Starter Punkt::sentence_starter(const Token& token) const {
  if (token.text.size() == 1 && kInner.has(token.text[0])) return Starter::kNo;
  const int seen = orthography(token.type_without_sentence_period());
  if (token.first_upper() && (seen & kLower) && !(seen & kMiddleUpper)) return Starter::kYes;
  if (token.first_lower() && ((seen & kUpper) || !(seen & kBeginLower))) return Starter::kNo;
  return Starter::kUnknown;
}

void Punkt::second_pass(Token& token, const Token& next) const {
  if (!token.period_final) return;
  const TextView type = token.type_without_period();
  const TextView next_type = next.type_without_sentence_period();
  const bool initial = token.initial();
  Text pair(type);
  pair += U'\t';
  pair += next_type;
  if (collocations_.contains(pair)) {
    token.sentence_break = false;
    token.abbreviation = true;
    return;
  }
  if ((token.abbreviation || token.ellipsis) && !initial &&
      (sentence_starter(next) == Starter::kYes ||
       (next.first_upper() && starters_.contains(Text(next_type))))) {
    token.sentence_break = true;
    return;
  }
  if (!initial && type != kNumberType) return;
  const Starter starter = sentence_starter(next);
  if (starter == Starter::kNo || (starter == Starter::kUnknown && initial && next.first_upper() &&
                                  !(orthography(next_type) & kLower))) {
    token.sentence_break = false;
    token.abbreviation = true;
  }
}

bool Punkt::contains_break(TextView context) const {
  std::vector<Token> tokens;
  for (const TextView line : split_on(context, U"\n")) tokens_of_line(line, tokens);
  for (Token& token : tokens) first_pass(token);
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    second_pass(tokens[i], tokens[i + 1]);
    if (tokens[i].sentence_break) return true;
  }
  return false;
}

std::vector<TextView> Punkt::sentences(TextView text) const {
  std::vector<Slice> slices;
  std::size_t begin = 0;
  const auto decide = [&](const Candidate& c) {
    if (!contains_break(text.substr(c.word_begin, c.after - c.word_begin))) return;
    slices.push_back({begin, c.mark + 1});
    begin = c.next;
  };
  // The word before a mark reaches back to white space behind the previous mark; of marks that
  // share a word, only the last one counts.
  Candidate previous, current;
  bool pending = false;
  std::size_t from = 0;
  while (next_candidate(text, from, current)) {
    const std::size_t space =
        last_ascii_space(text.substr(previous.mark, current.mark - previous.mark));
    current.word_begin = space > 0 ? previous.mark + space + 1 : previous.word_begin;
    if (pending && previous.mark <= current.word_begin) decide(previous);
    previous = current;
    pending = true;
    from = current.mark + 1;
  }
  if (pending) decide(previous);
  slices.push_back({begin, strip_right(text).size()});
  return realigned(text, slices);
}

}  // namespace orch::score
