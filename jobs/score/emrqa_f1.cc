#include "jobs/score/emrqa_f1.h"

#include <algorithm>
#include <map>
#include <set>

#include "jobs/score/row_text.h"

namespace orch::score {

namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

class BestF1 final : public Metric {
 public:
  BestF1(const char* name, double (*score)(TextView, TextView)) : name_(name), score_(score) {}
  Result<void> add(const Row& row, RowText& text, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    double best = 0;
    for (std::size_t i = 0; i < row.references.size(); ++i)
      best = std::max(best, score_(text.prediction(), text.reference(i)));
    mean_.add(best);
    if (item) item->number(name_, best);
    return {};
  }
  void finish(Fields& set) override { set.number(name_, mean_.value()); }

 private:
  const char* name_;
  double (*score_)(TextView, TextView);
  Mean mean_;
};

double token_f1_of_texts(TextView prediction, TextView reference) {
  return token_f1(squad_words(prediction), squad_words(reference));
}

}  // namespace

Text emrqa_characters(TextView text) {
  Text out;
  for (const char32_t c : lower(text))
    if (!is_ascii_punctuation(c) && !is_space(c)) out += c;
  return out;
}

double char_f1_mibe(TextView prediction, TextView reference) {
  const Text a = emrqa_characters(prediction), b = emrqa_characters(reference);
  if (a.empty() || b.empty()) return a == b;
  const std::set<char32_t> in_a(a.begin(), a.end());
  double both = 0;
  for (const char32_t c : std::set<char32_t>(b.begin(), b.end())) both += in_a.contains(c);
  return f_measure(both / static_cast<double>(a.size()), both / static_cast<double>(b.size()));
}

std::vector<Text> squad_words(TextView text) {
  Text bare;
  for (const char32_t c : lower(text))
    if (!is_ascii_punctuation(c)) bare += c;
  // Articles become spaces where they are whole words.
  Text out;
  for (std::size_t i = 0; i < bare.size();) {
    if (!is_word(bare[i])) {
      out += bare[i++];
      continue;
    }
    std::size_t end = i;
    while (end < bare.size() && is_word(bare[end])) ++end;
    const TextView word = TextView(bare).substr(i, end - i);
    if (word == U"a" || word == U"an" || word == U"the")
      out += U' ';
    else
      out += word;
    i = end;
  }
  std::vector<Text> words;
  for (const TextView word : split(out)) words.emplace_back(word);
  return words;
}

double token_f1(const std::vector<Text>& prediction, const std::vector<Text>& reference) {
  if (prediction.empty() || reference.empty()) return prediction == reference;
  std::map<TextView, int> left;
  for (const Text& word : reference) ++left[word];
  double both = 0;
  for (const Text& word : prediction) both += left[word]-- > 0;
  return f_measure(both / static_cast<double>(prediction.size()),
                   both / static_cast<double>(reference.size()));
}

std::unique_ptr<Metric> make_char_f1_mibe_emrqa() {
  return std::make_unique<BestF1>("char_f1_mibe_emrqa", char_f1_mibe);
}
std::unique_ptr<Metric> make_token_f1() {
  return std::make_unique<BestF1>("token_f1", token_f1_of_texts);
}

}  // namespace orch::score
