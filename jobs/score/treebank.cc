#include "jobs/score/treebank.h"

#include "jobs/score/rewrite.h"

namespace orch::score {

namespace {

constexpr CharSet kOpeningQuotes(U"«“‘„");
constexpr CharSet kOpening(U" ([{<");
constexpr CharSet kSymbols(U";@#$%&");
constexpr CharSet kCliticLetters(U"sSmMdD");
constexpr CharSet kClosingQuotes(U"»”’");
constexpr CharSet kBrackets(U"][(){}<>");
constexpr CharSet kFinalClosing(U"])}>\"'»”’ ");

std::size_t run_of(TextView s, std::size_t i) {
  std::size_t end = i + 1;
  while (end < s.size() && s[end] == s[i]) ++end;
  return end - i;
}

bool pair_at(TextView s, std::size_t i) { return i + 1 < s.size() && s[i + 1] == s[i]; }

void pad_runs(Rewrite& work, char32_t c, std::size_t length_min) {
  work.apply([c](char32_t x) { return x == c; },
             [length_min](TextView s, std::size_t i, Text& out) {
               const std::size_t length = run_of(s, i);
               if (length < length_min) return std::size_t{0};
               out += U' ';
               out += s.substr(i, length);
               out += U' ';
               return length;
             });
}

void pad_pairs(Rewrite& work, char32_t c) {
  work.apply([c](char32_t x) { return x == c; },
             [](TextView s, std::size_t i, Text& out) {
               if (!pair_at(s, i)) return std::size_t{0};
               out += U' ';
               out += s.substr(i, 2);
               out += U' ';
               return std::size_t{2};
             });
}

/// Equal without regard to case, as re.IGNORECASE sees it; `lower_word` is ASCII.
bool begins_with(TextView s, std::size_t i, TextView lower_word) {
  if (s.size() - i < lower_word.size()) return false;
  for (std::size_t k = 0; k < lower_word.size(); ++k) {
    char32_t c = lower_char(s[i + k]);
    if (c == 0x131) c = 'i';
    if (c == 0x17f) c = 's';
    if (c != lower_word[k]) return false;
  }
  return true;
}

bool boundary(TextView s, std::size_t i) {
  const bool before = i > 0 && is_word(s[i - 1]);
  const bool after = i < s.size() && is_word(s[i]);
  return before != after;
}

void starting_quotes(Rewrite& work) {
  work.apply([](char32_t c) { return c == '`' || kOpeningQuotes.has(c); },
             [](TextView s, std::size_t i, Text& out) {
               const std::size_t length = s[i] == '`' ? run_of(s, i) : 1;
               out += U' ';
               out += s.substr(i, length);
               out += U' ';
               return length;
             });
  if (!work.text().empty() && work.text().front() == '"')
    work.replace_with(Text(U"``") + Text(work.text().substr(1)));
  pad_pairs(work, '`');
  work.apply([](char32_t c) { return kOpening.has(c); },
             [](TextView s, std::size_t i, Text& out) {
               const bool single = i + 1 < s.size() && s[i + 1] == '"';
               const bool twice = i + 2 < s.size() && s[i + 1] == '\'' && s[i + 2] == '\'';
               if (!single && !twice) return std::size_t{0};
               out += s[i];
               out += U" `` ";
               return std::size_t{single ? 2u : 3u};
             });
  work.apply([](char32_t c) { return c == '\''; },
             [](TextView s, std::size_t i, Text& out) {
               if (i + 1 >= s.size() || !is_word(s[i + 1])) return std::size_t{0};
               for (const TextView clitic : {U"re", U"ve", U"ll", U"m", U"t", U"s", U"d", U"n"})
                 if (begins_with(s, i + 1, clitic)) return std::size_t{0};
               if (!boundary(s, i + 2)) return std::size_t{0};
               out += U"' ";
               out += s[i + 1];
               return std::size_t{2};
             });
}

/// The period that ends the sentence, with closing characters of `closing` and white space behind
/// it: spaces go around it, and before what closes where `apart`.
void final_period(Rewrite& work, const CharSet& closing, bool apart) {
  const TextView s = work.text();
  std::size_t begin = s.size();
  while (begin > 0 && is_space(s[begin - 1])) --begin;
  while (begin > 0 && closing.has(s[begin - 1])) --begin;
  if (begin < 2 || s[begin - 1] != '.' || s[begin - 2] == '.') return;
  std::size_t end = begin;
  while (end < s.size() && closing.has(s[end])) ++end;
  Text out(s.substr(0, begin - 1));
  out += apart ? U" . " : U" .";
  out += s.substr(begin, end - begin);
  out += U' ';
  work.replace_with(std::move(out));
}

void punctuation(Rewrite& work) {
  final_period(work, kFinalClosing, true);
  work.apply([](char32_t c) { return c == ':' || c == ','; },
             [](TextView s, std::size_t i, Text& out) {
               if (i + 1 >= s.size() || is_decimal(s[i + 1])) return std::size_t{0};
               out += U' ';
               out += s[i];
               out += U' ';
               out += s[i + 1];
               return std::size_t{2};
             });
  work.apply([](char32_t c) { return c == ':' || c == ','; },
             [](TextView s, std::size_t i, Text& out) {
               const bool last = i + 1 == s.size() || (i + 2 == s.size() && s[i + 1] == '\n');
               if (!last) return std::size_t{0};
               out += U' ';
               out += s[i];
               out += U' ';
               return std::size_t{1};
             });
  pad_runs(work, '.', 2);
  work.pad_each([](char32_t c) { return kSymbols.has(c); });
  final_period(work, CharSet(U"])}>\"'"), false);
  work.pad_each([](char32_t c) { return c == '?' || c == '!'; });
  // A quote between anything but a quote and a space: the match begins at the character before.
  const bool quoted = work.text().find(U'\'') != TextView::npos;
  if (quoted)
    work.apply([](char32_t c) { return c != '\''; },
               [](TextView s, std::size_t i, Text& out) {
                 if (i + 2 >= s.size() || s[i + 1] != '\'' || s[i + 2] != ' ')
                   return std::size_t{0};
                 out += s[i];
                 out += U" ' ";
                 return std::size_t{3};
               });
  work.pad_each([](char32_t c) { return c == '*'; });
}

/// Length of the clitic at `i` among `'s 'm 'd '` or the longer ones, with a space behind it; 0:
/// none.
std::size_t short_clitic(TextView s, std::size_t i) {
  if (i + 1 >= s.size() || s[i] != '\'') return 0;
  if (i + 2 < s.size() && s[i + 2] == ' ' && kCliticLetters.has(s[i + 1])) return 2;
  return s[i + 1] == ' ' ? 1 : 0;
}

std::size_t long_clitic(TextView s, std::size_t i) {
  if (i + 3 >= s.size() || s[i + 3] != ' ') return 0;
  const TextView three = s.substr(i, 3);
  for (const TextView clitic : {U"'ll", U"'LL", U"'re", U"'RE", U"'ve", U"'VE", U"n't", U"N'T"})
    if (three == clitic) return 3;
  return 0;
}

template <typename Length>
void split_clitics(Rewrite& work, Length length) {
  work.apply([](char32_t c) { return c != '\'' && c != ' '; },
             [length](TextView s, std::size_t i, Text& out) {
               const std::size_t size = length(s, i + 1);
               if (size == 0) return std::size_t{0};
               out += s[i];
               out += U' ';
               out += s.substr(i + 1, size);
               out += U' ';
               return size + 2;
             });
}

void ending_quotes(Rewrite& work) {
  work.pad_each([](char32_t c) { return kClosingQuotes.has(c); });
  pad_pairs(work, '\'');
  work.apply([](char32_t c) { return c == '"'; },
             [](TextView, std::size_t, Text& out) {
               out += U" '' ";
               return std::size_t{1};
             });
  Text spaced;
  spaced.reserve(work.text().size());
  for (const char32_t c : work.text()) {
    const char32_t next = is_space(c) ? U' ' : c;
    if (next != ' ' || spaced.empty() || spaced.back() != ' ') spaced += next;
  }
  work.replace_with(std::move(spaced));
  if (work.text().find(U'\'') == TextView::npos) return;
  split_clitics(work, short_clitic);
  split_clitics(work, long_clitic);
}

struct Contraction {
  TextView first, second;
  enum class End : unsigned char { kBoundary, kSpace } end;
  bool quoted() const {
    return first.find(U'\'') != TextView::npos || second.find(U'\'') != TextView::npos;
  }
};

void contractions(Rewrite& work) {
  using End = Contraction::End;
  for (const Contraction& rule :
       std::initializer_list<Contraction>{{U"can", U"not", End::kBoundary},
                                          {U"d", U"'ye", End::kBoundary},
                                          {U"gim", U"me", End::kBoundary},
                                          {U"gon", U"na", End::kBoundary},
                                          {U"got", U"ta", End::kBoundary},
                                          {U"lem", U"me", End::kBoundary},
                                          {U"more", U"'n", End::kBoundary},
                                          {U"wan", U"na", End::kSpace},
                                          {U" 't", U"is", End::kBoundary},
                                          {U" 't", U"was", End::kBoundary}}) {
    const bool word = rule.first[0] != ' ';
    const char32_t first = rule.first[0];
    if (rule.quoted() && work.text().find(U'\'') == TextView::npos) continue;
    work.apply(
        [first](char32_t c) { return c < 128 ? (c | 32) == first : lower_char(c) == first; },
        [&rule, word](TextView s, std::size_t i, Text& out) {
          const std::size_t middle = i + rule.first.size();
          const std::size_t end = middle + rule.second.size();
          if (word && i > 0 && is_word(s[i - 1])) return std::size_t{0};
          if (!begins_with(s, i, rule.first) || !begins_with(s, middle, rule.second))
            return std::size_t{0};
          if (rule.end == End::kSpace ? end >= s.size() || !is_space(s[end]) : !boundary(s, end))
            return std::size_t{0};
          out += U' ';
          out += s.substr(word ? i : i + 1, middle - (word ? i : i + 1));
          out += U' ';
          out += s.substr(middle, rule.second.size());
          out += U' ';
          return end - i;
        });
  }
}

/// Pieces longer than this are cut anew, and so many are remembered.
constexpr std::size_t kPieceMax = 64, kPiecesMax = 1 << 15;

/// Whether a run of word characters may be one of "cannot", "gimme", "gonna", "gotta", "lemme",
/// "wanna".
bool may_contract(TextView run) {
  if (run.size() != 5 && run.size() != 6) return false;
  const char32_t first = lower_char(run[0]);
  return first == 'c' || first == 'g' || first == 'l' || first == 'w';
}

std::string_view bytes_of(TextView text) {
  return {reinterpret_cast<const char*>(text.data()), text.size() * sizeof(char32_t)};
}

}  // namespace

void treebank_words(TextView sentence, Words& words) {
  Rewrite work(sentence);
  starting_quotes(work);
  punctuation(work);
  work.pad_each([](char32_t c) { return kBrackets.has(c); });
  pad_pairs(work, '-');
  work.replace_with(U' ' + Text(work.text()) + U' ');
  ending_quotes(work);
  contractions(work);
  add_split(work.text(), words);
}

void Treebank::piece(TextView piece, bool first, bool last, Words& out) {
  const auto form = static_cast<char32_t>(first + 2 * last);
  const bool kept = piece.size() <= kPieceMax;
  std::size_t at = 0;
  if (kept) {
    if (keys_.size() >= kPiecesMax || slots_.empty()) {
      keys_.clear();
      ends_.clear();
      known_.clear();
      slots_.assign(kPiecesMax * 2, 0);
    }
    at = (hash_bytes(bytes_of(piece)) + form) & (slots_.size() - 1);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      const std::size_t key = slots_[at] - 1;
      if (keys_[key].front() != form || TextView(keys_[key]).substr(1) != piece) continue;
      for (std::size_t i = key == 0 ? 0 : ends_[key - 1]; i < ends_[key]; ++i) out.add(known_[i]);
      return;
    }
  }
  work_.assign(first ? U"" : U"x ");
  work_ += piece;
  if (!last) work_ += U" x";
  scratch_.clear();
  treebank_words(work_, scratch_);
  const std::size_t end = scratch_.size() - (last ? 0 : 1);
  for (std::size_t i = first ? 0 : 1; i < end; ++i) {
    out.add(scratch_[i]);
    if (kept) known_.add(scratch_[i]);
  }
  if (!kept) return;
  keys_.emplace_back(1, form).append(piece);
  ends_.push_back(static_cast<std::uint32_t>(known_.size()));
  slots_[at] = static_cast<std::uint32_t>(keys_.size());
}

void Treebank::words(TextView sentence, Words& out) {
  // What the rules of the sentence's end may see: a period, and what closes behind it.
  std::size_t tail = sentence.size();
  for (bool more = true; more && tail > 0;) {
    while (tail > 0 && is_space(sentence[tail - 1])) --tail;
    more = false;
    bool closes = true;
    for (; tail > 0 && sentence[tail - 1] != ' '; --tail)
      closes = closes && (kFinalClosing.has(sentence[tail - 1]) || is_space(sentence[tail - 1]));
    more = closes;
  }
  for (std::size_t i = 0; i < tail;) {
    if (sentence[i] == ' ') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    bool plain = true;
    for (; i < tail && sentence[i] != ' '; ++i) plain = plain && is_word(sentence[i]);
    const TextView run = sentence.substr(begin, i - begin);
    if (plain && !may_contract(run))
      out.add(run);
    else
      piece(run, begin == 0, false, out);
  }
  if (tail < sentence.size()) piece(sentence.substr(tail), tail == 0, true, out);
}

}  // namespace orch::score
