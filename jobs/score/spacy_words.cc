#include "jobs/score/spacy_words.h"

#include <algorithm>

namespace orch::score {

namespace {

bool one_of(char32_t c, TextView set) { return set.find(c) != TextView::npos; }
bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_upper(char32_t c) { return char_flags(c) & kUpperFlag; }
bool is_lower(char32_t c) { return char_flags(c) & kLowerFlag; }
bool is_alpha(char32_t c) { return is_word(c) && !(char_flags(c) & kNumberFlag) && c != '_'; }

constexpr TextView kQuotes = U"'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧";
constexpr TextView kPunctuation = U"…,:;!?¿¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪";
constexpr TextView kCurrency =
    U"$£€¥฿₽﷼₴₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₵₶₷₸₹"
    U"₺"
    U"₻"
    U"₼";
constexpr TextView kUnits[] = {U"km", U"mm", U"cm", U"dm", U"m",  U"mg", U"kg", U"g",
                               U"t",  U"lb", U"oz", U"ml", U"MB", U"kb", U"%",  U"nm"};

/// Length of what stands alone at the start of a word.
std::size_t prefix(TextView word) {
  if (word.starts_with(U"..")) {
    std::size_t n = 0;
    while (n < word.size() && word[n] == '.') ++n;
    return n;
  }
  const char32_t c = word.front();
  if (one_of(c, U"§%=—–") || one_of(c, kPunctuation) || one_of(c, kQuotes) || one_of(c, kCurrency))
    return 1;
  return c == '+' && (word.size() < 2 || !is_digit(word[1])) ? 1 : 0;
}

/// Length of what stands alone at the end of a word.
std::size_t suffix(TextView word) {
  const std::size_t n = word.size();
  const char32_t last = word.back();
  const char32_t before = n > 1 ? word[n - 2] : U'\0';
  if (n > 2 && one_of(before, U"'’") && (last == 's' || last == 'S')) return 2;
  if (n > 1 && last == '.' && before == '.') {
    std::size_t dots = 0;
    while (dots < n && word[n - 1 - dots] == '.') ++dots;
    return dots;
  }
  if (one_of(last, kPunctuation) || one_of(last, kQuotes) || one_of(last, U"—–")) return 1;
  if (is_digit(before) && (last == '+' || one_of(last, kCurrency))) return 1;
  for (const TextView unit : kUnits)
    if (word.ends_with(unit) && n > unit.size() && is_digit(word[n - unit.size() - 1]))
      return unit.size();
  if (last != '.' || n < 2) return 0;
  const bool ends = is_lower(before) || is_digit(before) || one_of(before, U"%²-+") ||
                    one_of(before, kPunctuation) || one_of(before, kQuotes) ||
                    (is_upper(before) && n > 2 && is_upper(word[n - 3]));
  return ends ? 1 : 0;
}

/// Length of what divides a word at `i`.
std::size_t infix(TextView word, std::size_t i) {
  if (i == 0 || i + 1 >= word.size()) return 0;
  const char32_t before = word[i - 1], c = word[i];
  if (c == '.' && word[i + 1] == '.') {
    std::size_t n = 0;
    while (i + n < word.size() && word[i + n] == '.') ++n;
    return n;
  }
  if (c == U'…') return 1;
  std::size_t length = 1;
  while (c == '-' && i + length < word.size() && word[i + length] == '-' && length < 3) ++length;
  const char32_t after = i + length < word.size() ? word[i + length] : U'\0';
  if (one_of(c, U"+-*^") && is_digit(before) && (is_digit(after) || after == '-')) return 1;
  if (c == '.' && (is_lower(before) || one_of(before, kQuotes)) &&
      (is_upper(after) || one_of(after, kQuotes)))
    return 1;
  if (c == ',' && is_alpha(before) && is_alpha(after)) return 1;
  const bool anchored = is_alpha(before) || is_digit(before);
  if (anchored && one_of(c, U"-–—~") && is_alpha(after)) return length;
  return anchored && one_of(c, U":<>=/") && is_alpha(after) ? 1 : 0;
}

/// Where a contraction divides a word; 0: nowhere.
std::size_t contraction(TextView word) {
  const Text low = lower(word);
  for (const TextView end :
       {U"n't", U"n’t", U"'ll", U"’ll", U"'re", U"’re", U"'ve", U"’ve", U"'d", U"’d", U"'m", U"’m"})
    if (low.size() == word.size() && low.size() > end.size() && TextView(low).ends_with(end))
      return word.size() - end.size();
  return low == U"cannot" ? 3 : 0;
}

void divide(TextView word, std::vector<Text>& out) {
  while (!word.empty()) {
    const std::size_t n = word.size() > 1 ? prefix(word) : 0;
    if (n == 0 || n >= word.size()) break;
    out.emplace_back(word.substr(0, n));
    word.remove_prefix(n);
  }
  std::vector<Text> ends;
  while (word.size() > 1) {
    const std::size_t n = suffix(word);
    if (n == 0 || n >= word.size()) break;
    ends.emplace_back(word.substr(word.size() - n));
    word.remove_suffix(n);
  }
  if (const std::size_t at = contraction(word); at > 0) {
    out.emplace_back(word.substr(0, at));
    out.emplace_back(word.substr(at));
  } else {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < word.size();) {
      const std::size_t n = infix(word, i);
      if (n == 0) {
        ++i;
        continue;
      }
      out.emplace_back(word.substr(begin, i - begin));
      out.emplace_back(word.substr(i, n));
      begin = i += n;
    }
    if (begin < word.size()) out.emplace_back(word.substr(begin));
  }
  out.insert(out.end(), ends.rbegin(), ends.rend());
}

}  // namespace

std::vector<Text> spacy_words(TextView text) {
  std::vector<Text> out;
  for (std::size_t i = 0; i < text.size();) {
    const bool space = is_space(text[i]);
    std::size_t end = i;
    while (end < text.size() && static_cast<bool>(is_space(text[end])) == space) ++end;
    const std::size_t skipped = space && i > 0 && text[i] == ' ' ? 1 : 0;
    const TextView run = text.substr(i + skipped, end - i - skipped);
    if (space && !run.empty()) out.emplace_back(run);
    if (!space) divide(run, out);
    i = end;
  }
  return out;
}

}  // namespace orch::score
