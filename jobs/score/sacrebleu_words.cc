#include "jobs/score/sacrebleu_words.h"

#include "jobs/score/rewrite.h"

namespace orch::score {

namespace {

struct TokenizerName {
  const char* name;
  SacrebleuTokenizer tokenizer;
};
constexpr TokenizerName kNames[] = {
    {"13a", SacrebleuTokenizer::k13a},   {"zh", SacrebleuTokenizer::kZh},
    {"char", SacrebleuTokenizer::kChar}, {"ja-mecab", SacrebleuTokenizer::kJaMecab},
    {"intl", SacrebleuTokenizer::kIntl}, {"none", SacrebleuTokenizer::kNone}};

bool between(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }
bool is_separator(char32_t c) { return c == '.' || c == ','; }

/// ASCII symbols that stand alone wherever they are.
bool always_apart(char32_t c) {
  return between(c, '{', '~') || between(c, '[', '`') || between(c, ' ', '&') ||
         between(c, '(', '+') || between(c, ':', '@') || c == '/';
}

/// Two characters in a row; a space goes before, between or behind them.
template <typename First, typename Second>
void at_pairs(Rewrite& work, First first, Second second, bool before, bool behind) {
  work.apply(first, [=](TextView s, std::size_t i, Text& out) {
    if (i + 1 >= s.size() || !second(s[i + 1])) return std::size_t{0};
    if (before) out += U' ';
    out += s[i];
    out += U' ';
    out += s[i + 1];
    if (behind) out += U' ';
    return std::size_t{2};
  });
}

void mteval_rules(Rewrite& work) {
  work.pad_each(always_apart);
  at_pairs(
      work, [](char32_t c) { return !is_ascii_digit(c); }, is_separator, false, true);
  at_pairs(
      work, is_separator, [](char32_t c) { return !is_ascii_digit(c); }, true, false);
  at_pairs(
      work, is_ascii_digit, [](char32_t c) { return c == '-'; }, false, true);
}

Text without_markup(TextView segment) {
  Text text = replace(segment, U"<skipped>", U"");
  text = replace(text, U"-\n", U"");
  text = replace(text, U"\n", U" ");
  for (const auto& [what, with] : {std::pair{TextView(U"&quot;"), TextView(U"\"")},
                                   {U"&amp;", U"&"},
                                   {U"&lt;", U"<"},
                                   {U"&gt;", U">"}})
    text = replace(text, what, with);
  return U' ' + text + U' ';
}

/// What the tokenizer takes for Chinese. Two ranges that mean U+20000… and U+2F800… are written
/// there with four hex digits, and so begin in the middle of general punctuation and of the
/// radicals.
bool is_chinese(char32_t c) {
  static constexpr char32_t kRanges[][2] = {
      {0x3400, 0x4db5}, {0x4e00, 0x9fbb}, {0xf900, 0xfa2d}, {0xfa30, 0xfa6a}, {0xfa70, 0xfad9},
      {0x2001, 0x2a6d}, {0x2f81, 0x2fa1}, {0xff00, 0xffef}, {0x2e80, 0x2eff}, {0x3000, 0x303f},
      {0x31c0, 0x31ef}, {0x2f00, 0x2fdf}, {0x2ff0, 0x2fff}, {0x3100, 0x312f}, {0x31a0, 0x31bf},
      {0xfe10, 0xfe1f}, {0xfe30, 0xfe4f}, {0x3200, 0x33ff}};
  for (const auto& range : kRanges)
    if (between(c, range[0], range[1])) return true;
  return false;
}

bool has(char32_t c, std::uint16_t flag) { return (char_flags(c) & flag) != 0; }

void international_rules(Rewrite& work) {
  at_pairs(
      work, [](char32_t c) { return !has(c, kNumberFlag); },
      [](char32_t c) { return has(c, kPunctuationFlag); }, false, true);
  at_pairs(
      work, [](char32_t c) { return has(c, kPunctuationFlag); },
      [](char32_t c) { return !has(c, kNumberFlag); }, true, false);
  work.pad_each([](char32_t c) { return has(c, kSymbolFlag); });
}

Words owned(TextView text) {
  Words out;
  add_split(text, out);
  return out;
}

Result<Words> japanese_words(TextView segment, Segmenter& segmenter) {
  ORCH_ASSIGN(Mecab * mecab, segmenter.mecab());
  // A surface may be or hold white space of other alphabets.
  Words out;
  ORCH_ASSIGN(const Words surfaces, mecab->words(strip(segment)));
  for (std::size_t i = 0; i < surfaces.size(); ++i) add_split(surfaces[i], out);
  return out;
}

}  // namespace

Result<SacrebleuTokenizer> parse_sacrebleu_tokenizer(const std::string& name, Language language) {
  if (name.empty()) {
    if (language == Language::kChinese) return SacrebleuTokenizer::kZh;
    if (language == Language::kJapanese) return SacrebleuTokenizer::kJaMecab;
    return SacrebleuTokenizer::k13a;
  }
  for (const TokenizerName& known : kNames)
    if (name == known.name) return known.tokenizer;
  return invalid("sacreBLEU has no tokenizer '" + name + "' here",
                 "13a, zh, ja-mecab, char, intl or none");
}

Result<Words> sacrebleu_words(SacrebleuTokenizer tokenizer, TextView segment,
                              Segmenter& segmenter) {
  segment = strip_right(segment);
  if (tokenizer == SacrebleuTokenizer::kJaMecab) return japanese_words(segment, segmenter);
  if (tokenizer == SacrebleuTokenizer::kNone) return owned(segment);
  if (tokenizer == SacrebleuTokenizer::kChar) {
    Words out;
    for (const char32_t& c : segment)
      if (!is_space(c)) out.add(TextView(&c, 1));
    return out;
  }
  if (tokenizer == SacrebleuTokenizer::kIntl) {
    Rewrite work(segment);
    international_rules(work);
    return owned(work.text());
  }
  const bool chinese = tokenizer == SacrebleuTokenizer::kZh;
  Rewrite work(chinese ? Text(strip(segment)) : without_markup(segment));
  if (chinese) work.pad_each(is_chinese);
  mteval_rules(work);
  return owned(work.text());
}

Result<std::string> tokenizer_signature(SacrebleuTokenizer tokenizer, Segmenter& segmenter) {
  for (const TokenizerName& known : kNames) {
    if (known.tokenizer != tokenizer) continue;
    if (tokenizer != SacrebleuTokenizer::kJaMecab) return std::string(known.name);
    ORCH_ASSIGN(Mecab * mecab, segmenter.mecab());
    return "ja-mecab-" + mecab->version() + "-IPA";
  }
  return internal("a tokenizer without a name");
}

}  // namespace orch::score
