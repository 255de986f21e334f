#include "jobs/score/spacy_words.h"

#include <algorithm>
#include <map>

#include "jobs/score/spacy_address.h"
#include "jobs/score/spacy_tables.h"

namespace orch::score {

namespace {

constexpr CharSet kQuotes(U"'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉⟦⟧");
constexpr CharSet kPunctuation(U"…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪");
constexpr CharSet kCurrency(
    U"$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮"
    U"₯₰₱₲₳₵₶₷₸₹₺₻₼₾₿");
constexpr CharSet kDashes(U"-–—~");
constexpr TextView kUnits[] = {
    U"km", U"km²", U"km³", U"m",  U"m²",  U"m³",   U"dm",  U"dm²", U"dm³", U"cm", U"cm²",  U"cm³",
    U"mm", U"mm²", U"mm³", U"ha", U"µm",  U"nm",   U"yd",  U"in",  U"ft",  U"kg", U"g",    U"mg",
    U"µg", U"t",   U"lb",  U"oz", U"m/s", U"km/h", U"kmh", U"mph", U"hPa", U"Pa", U"mbar", U"mb",
    U"MB", U"kb",  U"KB",  U"gb", U"GB",  U"tb",   U"TB",  U"T",   U"G",   U"M",  U"K",    U"%",
    U"км", U"м",   U"дм",  U"см", U"мм",  U"нм",   U"кг",  U"г",   U"мг"};

bool is_alpha(char32_t c) { return is_word(c) && !(char_flags(c) & kNumberFlag) && c != '_'; }
bool is_small(char32_t c) { return is_alpha(c) && !(char_flags(c) & kUpperFlag); }
bool is_large(char32_t c) { return is_alpha(c) && !(char_flags(c) & kLowerFlag); }
bool is_icon(char32_t c) {
  if (c < kSpacyIcons[0].first) return false;
  const auto* const range =
      std::lower_bound(kSpacyIcons.begin(), kSpacyIcons.end(), c,
                       [](const SpacyRange& r, char32_t own) { return r.last < own; });
  return range != kSpacyIcons.end() && range->first <= c;
}

/// Length of the run of dots at `at`, 0 below two.
std::size_t dots(TextView word, std::size_t at) {
  std::size_t n = at;
  while (n < word.size() && word[n] == '.') ++n;
  return n - at > 1 ? n - at : 0;
}

/// Length of what stands alone at the start of a word.
std::size_t prefix(TextView word) {
  if (word.empty()) return 0;
  const char32_t c = word[0];
  if (c == '+') return word.size() > 1 && is_ascii_digit(word[1]) ? 0 : 1;
  if (const std::size_t run = dots(word, 0); run > 0) return run;
  if (TextView(U"§%=—–").find(c) != kNone || kPunctuation.has(c) || kQuotes.has(c) ||
      kCurrency.has(c) || is_icon(c))
    return 1;
  if (word.starts_with(U"US$")) return 3;
  return word.starts_with(U"C$") || word.starts_with(U"A$") ? 2 : 0;
}

/// What stands alone at the end of a word that ends in a dot.
std::size_t dot_suffix(TextView word) {
  std::size_t run = 0;
  while (run < word.size() && word[word.size() - 1 - run] == '.') ++run;
  if (run > 1) return run;
  if (word.size() < 2) return 0;
  const char32_t before = word[word.size() - 2];
  if (is_ascii_digit(before) || is_small(before) || TextView(U"%²-+|").find(before) != kNone ||
      kPunctuation.has(before) || kQuotes.has(before))
    return 1;
  if (word.size() < 3) return 0;
  const char32_t second = word[word.size() - 3];
  return (second == U'°' && TextView(U"FfCcKk").find(before) != kNone) ||
                 (is_large(before) && is_large(second))
             ? 1
             : 0;
}

/// Length of what stands alone at the end of a word: the longest that any rule finds.
std::size_t suffix(TextView word) {
  const std::size_t n = word.size();
  if (n == 0) return 0;
  const auto before = [&](std::size_t length) { return n > length ? word[n - length - 1] : 0; };
  std::size_t longest = 0;
  const auto found = [&](std::size_t length) { longest = std::max(longest, length); };
  for (const TextView unit : kUnits)
    if (word.ends_with(unit) && is_ascii_digit(before(unit.size()))) found(unit.size());
  for (const TextView money : {U"US$", U"C$", U"A$"})
    if (word.ends_with(money) && is_ascii_digit(before(money.size()))) found(money.size());
  const char32_t last = word[n - 1];
  if (last == '.') found(dot_suffix(word));
  if (n > 1 && (last == 's' || last == 'S') && (word[n - 2] == '\'' || word[n - 2] == U'’'))
    found(2);
  if (word.ends_with(U"……")) found(2);
  if (kPunctuation.has(last) || kQuotes.has(last) || is_icon(last) || last == U'—' ||
      last == U'–' || (is_ascii_digit(before(1)) && (last == '+' || kCurrency.has(last))))
    found(1);
  return longest;
}

/// Length of what divides a word at `i`.
std::size_t infix(TextView word, std::size_t i) {
  if (const std::size_t run = dots(word, i); run > 0) return run;
  const char32_t c = word[i];
  if (c == U'…' || is_icon(c)) return 1;
  if (i == 0 || i + 1 == word.size()) return 0;
  const char32_t before = word[i - 1], after = word[i + 1];
  if (TextView(U"+-*^").find(c) != kNone && is_ascii_digit(before) &&
      (is_ascii_digit(after) || after == '-'))
    return 1;
  if (c == '.' && (is_small(before) || kQuotes.has(before)) &&
      (is_large(after) || kQuotes.has(after)))
    return 1;
  if (c == ',' && is_alpha(before) && is_alpha(after)) return 1;
  if (!is_alpha(before) && !is_ascii_digit(before)) return 0;
  if (kDashes.has(c)) {
    const std::size_t most = c == '-' ? 3 : c == U'—' ? 2 : 1;
    for (std::size_t n = 1; n <= most && i + n < word.size() && word[i + n - 1] == c; ++n)
      if (is_alpha(word[i + n])) return n;
    return 0;
  }
  return TextView(U":<>=/").find(c) != kNone && is_alpha(after) ? 1 : 0;
}

struct Token {
  Text text;
  bool space_behind = false;
};

/// The exceptions, and the word sequences under which the rules would have divided them.
class Exceptions {
 public:
  Exceptions();
  const std::vector<Text>* find(TextView word) const {
    if (word.size() > longest_) return nullptr;
    const auto at = parts_.find(word);
    return at == parts_.end() ? nullptr : &at->second;
  }
  /// Words that stand in `tokens` as an exception's divided form become that exception again.
  void join(std::vector<Token>& tokens) const;

 private:
  std::size_t longest_ = 0;
  std::map<Text, std::vector<Text>, std::less<>> parts_;
  std::map<Text, std::vector<std::vector<Text>>> divided_;  ///< by their first word
};

/// Cuts one word without white space; `exceptions`: null: none are known.
void divide(TextView word, const Exceptions* exceptions, std::vector<Token>& out) {
  const auto known = [&](TextView part) {
    return exceptions && !part.empty() ? exceptions->find(part) : nullptr;
  };
  const auto push = [&](TextView part) { out.push_back({Text(part), false}); };
  std::vector<TextView> ends;
  for (std::size_t last = 0; !word.empty() && word.size() != last && !known(word);) {
    last = word.size();
    const std::size_t front = prefix(word);
    if (front > 0 && known(word.substr(front))) {
      push(word.substr(0, front));
      word.remove_prefix(front);
      break;
    }
    const std::size_t back = suffix(word.substr(front));
    if (back > 0) ends.push_back(word.substr(last - back));
    if (back > 0 && known(word.substr(0, last - back))) {
      word.remove_suffix(back);
      break;
    }
    if (front > 0) push(word.substr(0, front));
    word.remove_prefix(front);
    word.remove_suffix(back);
  }
  if (const std::vector<Text>* const parts = known(word)) {
    for (const Text& part : *parts) push(part);
  } else if (is_address(word)) {
    push(word);
  } else {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < word.size();) {
      const std::size_t n = infix(word, i);
      if (n > 0 && i > 0) {
        if (i > begin) push(word.substr(begin, i - begin));
        push(word.substr(i, n));
        begin = i + n;
      }
      i += std::max<std::size_t>(n, 1);
    }
    if (begin < word.size()) push(word.substr(begin));
  }
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) push(*end);
}

Exceptions::Exceptions() {
  const Text all = decode(kSpacyExceptions);
  for (const TextView line : split_on(all, U"\n")) {
    if (line.empty()) continue;
    std::vector<Text> parts;
    for (const TextView part : split_on(line, U"\t")) parts.emplace_back(part);
    Text whole = replace(line, U"\t", U"");
    longest_ = std::max(longest_, whole.size());
    parts_.emplace(std::move(whole), std::move(parts));
  }
  for (const auto& [word, parts] : parts_) {
    bool divisible = prefix(word) > 0 || suffix(word) > 0;
    for (std::size_t i = 0; i < word.size(); ++i) divisible = divisible || infix(word, i) > 0;
    if (!divisible) continue;
    std::vector<Token> tokens;
    divide(word, nullptr, tokens);
    std::vector<Text> texts;
    for (Token& token : tokens) texts.push_back(std::move(token.text));
    divided_[texts.front()].push_back(texts);
  }
}

void Exceptions::join(std::vector<Token>& tokens) const {
  struct Place {
    std::size_t begin, end;
  };
  std::vector<Place> places;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const auto at = divided_.find(tokens[i].text);
    if (at == divided_.end()) continue;
    for (const std::vector<Text>& texts : at->second) {
      std::size_t same = 0;
      while (same < texts.size() && i + same < tokens.size() &&
             tokens[i + same].text == texts[same])
        ++same;
      if (same == texts.size()) places.push_back({i, i + same});
    }
  }
  if (places.empty()) return;
  // The longest first, then the first; one that begins or ends inside another is none.
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(b.end - b.begin, a.begin) < std::pair(a.end - a.begin, b.begin);
  });
  std::vector<bool> taken(tokens.size());
  std::vector<std::size_t> chosen(tokens.size());  // ends; 0: none begins here
  for (const Place& place : places) {
    if (!taken[place.begin] && !taken[place.end - 1]) chosen[place.begin] = place.end;
    for (std::size_t i = place.begin; i < place.end; ++i) taken[i] = true;
  }
  std::vector<Token> out;
  for (std::size_t i = 0; i < tokens.size();) {
    Text whole;
    for (std::size_t j = i; j < chosen[i]; ++j)
      whole += tokens[j].text + (tokens[j].space_behind && j + 1 < chosen[i] ? U" " : U"");
    if (const std::vector<Text>* const parts = whole.empty() ? nullptr : find(whole)) {
      for (const Text& part : *parts) out.push_back({part, false});
      i = chosen[i];
      out.back().space_behind = tokens[i - 1].space_behind;
    } else {
      out.push_back(std::move(tokens[i++]));
    }
  }
  tokens = std::move(out);
}

}  // namespace

std::vector<Text> spacy_words(TextView text) {
  static const Exceptions kExceptions;
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < text.size();) {
    const bool space = is_space(text[i]);
    std::size_t end = i;
    while (end < text.size() && static_cast<bool>(is_space(text[end])) == space) ++end;
    const std::size_t skipped = space && i > 0 && text[i] == ' ' ? 1 : 0;
    if (skipped > 0) tokens.back().space_behind = true;
    const TextView run = text.substr(i + skipped, end - i - skipped);
    if (!space)
      divide(run, &kExceptions, tokens);
    else if (!run.empty())
      tokens.push_back({Text(run), false});
    i = end;
  }
  kExceptions.join(tokens);
  std::vector<Text> out;
  for (Token& token : tokens) out.push_back(std::move(token.text));
  return out;
}

}  // namespace orch::score
