#include "jobs/score/porter.h"

#include <initializer_list>
#include <utility>

namespace orch::score {

namespace {

using View = std::string_view;

bool is_vowel_letter(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

/// y is a consonant at the start and behind a vowel.
bool is_consonant(View word, std::size_t i) {
  bool flips = false;
  while (word[i] == 'y' && i > 0) {
    flips = !flips;
    --i;
  }
  const bool consonant = !is_vowel_letter(word[i]);
  return flips ? !consonant : consonant;
}

/// How often a vowel is followed by a consonant.
int measure(View stem) {
  int count = 0;
  bool before = true, consonant = true;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    consonant = stem[i] == 'y' ? i == 0 || !before : !is_vowel_letter(stem[i]);
    count += i > 0 && consonant && !before;
    before = consonant;
  }
  return count;
}

bool contains_vowel(View stem) {
  for (std::size_t i = 0; i < stem.size(); ++i)
    if (!is_consonant(stem, i)) return true;
  return false;
}

bool ends_double_consonant(View word) {
  return word.size() >= 2 && word.back() == word[word.size() - 2] &&
         is_consonant(word, word.size() - 1);
}

bool ends_cvc(View word) {
  const std::size_t n = word.size();
  if (n == 2) return !is_consonant(word, 0) && is_consonant(word, 1);
  return n >= 3 && is_consonant(word, n - 3) && !is_consonant(word, n - 2) &&
         is_consonant(word, n - 1) && word.back() != 'w' && word.back() != 'x' &&
         word.back() != 'y';
}

View without(View word, View suffix) { return word.substr(0, word.size() - suffix.size()); }

struct Rule {
  View suffix, with;
};

/// The first rule whose suffix fits decides, whether or not its stem is long enough.
std::string apply(View word, std::initializer_list<Rule> rules, int measure_min) {
  for (const Rule& rule : rules) {
    if (!word.ends_with(rule.suffix)) continue;
    const View stem = without(word, rule.suffix);
    return measure(stem) >= measure_min ? std::string(stem) + std::string(rule.with)
                                        : std::string(word);
  }
  return std::string(word);
}

std::string step_1a(View word) {
  if (word.ends_with("ies") && word.size() == 4) return std::string(without(word, "s"));
  return apply(word, {{"sses", "ss"}, {"ies", "i"}, {"ss", "ss"}, {"s", ""}}, 0);
}

std::string step_1b(View word) {
  if (word.ends_with("ied")) return std::string(without(word, word.size() == 4 ? "d" : "ed"));
  if (word.ends_with("eed"))
    return std::string(measure(without(word, "eed")) > 0 ? without(word, "d") : word);
  View stem;
  for (const View suffix : {View("ed"), View("ing")}) {
    if (!word.ends_with(suffix) || !contains_vowel(without(word, suffix))) continue;
    stem = without(word, suffix);
    break;
  }
  if (stem.empty()) return std::string(word);
  for (const View ending : {View("at"), View("bl"), View("iz")})
    if (stem.ends_with(ending)) return std::string(stem) + "e";
  if (ends_double_consonant(stem)) {
    const char last = stem.back();
    return std::string(last == 'l' || last == 's' || last == 'z' ? stem
                                                                 : stem.substr(0, stem.size() - 1));
  }
  return measure(stem) == 1 && ends_cvc(stem) ? std::string(stem) + "e" : std::string(stem);
}

std::string step_1c(View word) {
  if (!word.ends_with('y')) return std::string(word);
  const View stem = without(word, "y");
  const bool changes = stem.size() > 1 && is_consonant(stem, stem.size() - 1);
  return changes ? std::string(stem) + "i" : std::string(word);
}

std::string step_2(View word) {
  if (word.ends_with("alli") && measure(without(word, "alli")) > 0)
    return step_2(without(word, "li"));
  // In the order of the rules: "logi" keeps its l for the measure.
  for (const Rule& rule : std::initializer_list<Rule>{
           {"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},
           {"izer", "ize"},    {"bli", "ble"},     {"alli", "al"},     {"entli", "ent"},
           {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
           {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"},
           {"ousness", "ous"}, {"aliti", "al"},    {"iviti", "ive"},   {"biliti", "ble"},
           {"fulli", "ful"},   {"logi", "log"}}) {
    if (!word.ends_with(rule.suffix)) continue;
    const View stem = without(word, rule.suffix);
    const View measured = rule.suffix == "logi" ? without(word, "ogi") : stem;
    return measure(measured) > 0 ? std::string(stem) + std::string(rule.with) : std::string(word);
  }
  return std::string(word);
}

std::string step_3(View word) {
  return apply(word,
               {{"icate", "ic"},
                {"ative", ""},
                {"alize", "al"},
                {"iciti", "ic"},
                {"ical", "ic"},
                {"ful", ""},
                {"ness", ""}},
               1);
}

std::string step_4(View word) {
  for (const View suffix :
       {View("al"), View("ance"), View("ence"), View("er"), View("ic"), View("able"), View("ible"),
        View("ant"), View("ement"), View("ment"), View("ent"), View("ion"), View("ou"), View("ism"),
        View("ate"), View("iti"), View("ous"), View("ive"), View("ize")}) {
    if (!word.ends_with(suffix)) continue;
    const View stem = without(word, suffix);
    bool removed = measure(stem) > 1;
    if (suffix == "ion") removed = removed && (stem.back() == 's' || stem.back() == 't');
    return std::string(removed ? stem : word);
  }
  return std::string(word);
}

std::string step_5(std::string word) {
  if (word.ends_with('e')) {
    const View stem = without(word, "e");
    const int m = measure(stem);
    if (m > 1 || (m == 1 && !ends_cvc(stem))) word.pop_back();
  }
  if (word.ends_with("ll") && measure(without(word, "l")) > 1) word.pop_back();
  return word;
}

struct Irregular {
  View form, stem;
};
constexpr Irregular kIrregular[] = {
    {"sky", "sky"},        {"skies", "sky"},       {"dying", "die"},        {"lying", "lie"},
    {"tying", "tie"},      {"news", "news"},       {"innings", "inning"},   {"inning", "inning"},
    {"outings", "outing"}, {"outing", "outing"},   {"cannings", "canning"}, {"canning", "canning"},
    {"howe", "howe"},      {"proceed", "proceed"}, {"exceed", "exceed"},    {"succeed", "succeed"}};

}  // namespace

std::string porter_stem(std::string_view word) {
  for (const Irregular& known : kIrregular)
    if (word == known.form) return std::string(known.stem);
  if (word.size() <= 2) return std::string(word);
  return step_5(step_4(step_3(step_2(step_1c(step_1b(step_1a(word)))))));
}

}  // namespace orch::score
