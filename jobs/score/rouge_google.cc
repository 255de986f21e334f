#include "jobs/score/rouge_google.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "jobs/score/numpy_bootstrap.h"
#include "jobs/score/porter.h"

namespace orch::score {

namespace {

constexpr std::size_t kArenaBytes = 1 << 16;
/// From so many sentences on, those of so few words are remembered: they repeat.
constexpr std::size_t kManySentences = 256, kShort = 32;

double f_of(std::uint64_t hits, std::uint64_t prediction, std::uint64_t reference) {
  const auto matched = static_cast<double>(hits);
  return f_measure(matched / static_cast<double>(std::max<std::uint64_t>(prediction, 1)),
                   matched / static_cast<double>(std::max<std::uint64_t>(reference, 1)));
}

/// Lower-case ASCII letter or digit at `i`, as str.lower() leaves it, or 0. Two characters outside
/// ASCII have such a lower case: the Kelvin sign, and the dotted capital I (whose dot divides).
/// `size` is the length in bytes; `ends`: the word ends behind it.
char word_char(std::string_view text, std::size_t i, std::size_t& size, bool& ends) {
  const char c = text[i];
  size = 1;
  ends = false;
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c + 32);
  if (text.substr(i).starts_with("\xe2\x84\xaa")) {
    size = 3;
    return 'k';
  }
  if (text.substr(i).starts_with("\xc4\xb0")) {
    size = 2;
    ends = true;
    return 'i';
  }
  return 0;
}

}  // namespace

std::span<const std::uint32_t> RougeGoogle::Sentences::sentence(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends[i - 1];
  return std::span(words).subspan(begin, ends[i] - begin);
}

/// Words are kept in the arena, for they differ from the text's letters.
std::uint32_t RougeGoogle::word_id(std::string_view word) {
  std::string stemmed;
  if (stem_ && word.size() > 3) {
    stemmed = porter_stem(word);
    word = stemmed;
  }
  if (arena_.empty() || arena_used_ + word.size() > arena_size_) {
    arena_size_ = std::max(kArenaBytes, word.size());
    arena_.push_back(std::make_unique<char[]>(arena_size_));
    arena_used_ = 0;
  }
  char* const at = arena_.back().get() + arena_used_;
  std::memcpy(at, word.data(), word.size());
  const std::uint32_t before = ids_.size();
  const std::uint32_t id = ids_.id(std::string_view(at, word.size()));
  if (id == before) arena_used_ += word.size();
  return id;
}

RougeGoogle::Sentences RougeGoogle::words(std::string_view text) {
  Sentences out;
  std::string word;
  bool any = false;  // a character since the last line end
  const auto end_word = [&] {
    if (!word.empty()) out.words.push_back(word_id(word));
    word.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\n') {
      end_word();
      if (any) out.ends.push_back(static_cast<std::uint32_t>(out.words.size()));
      any = false;
      ++i;
      continue;
    }
    any = true;
    std::size_t size = 1;
    bool ends = false;
    if (const char c = word_char(text, i, size, ends)) word += c;
    if (ends || !word_char(text, i, size, ends)) end_word();
    i += size;
  }
  end_word();
  if (any) out.ends.push_back(static_cast<std::uint32_t>(out.words.size()));
  return out;
}

double RougeGoogle::ngrams(const Ids& prediction, const Ids& reference, int order) {
  if (order == 1)
    return f_of(clipped_matches(prediction, reference, ids_.size(), counts_), prediction.size(),
                reference.size());
  pairs_.clear();
  const Ids a = longer_grams(prediction, prediction, 1, pairs_);
  const Ids b = longer_grams(reference, reference, 1, pairs_);
  return f_of(clipped_matches(a, b, pairs_.size(), counts_), a.size(), b.size());
}

/// A sentence of the prediction with the one of the reference that lcs_ was set to.
void RougeGoogle::compare(const Sentences& prediction, std::uint32_t s,
                          std::span<const std::uint32_t> reference) {
  const auto sentence = prediction.sentence(s);
  if (!Occurrences::worth(sentence.size(), reference.size()))
    return lcs_.pairs(sentence, pairs_out_);
  occurrences_.find(reference, prediction.ends[s] - sentence.size(), prediction.ends[s], places_);
  lcs_.pairs_at(sentence, places_, pairs_out_);
}

/// Union of subsequences for each sentence of the reference; a word counts as often as it occurs in
/// both whole texts at most. Equal sentences of the prediction give equal subsequences, and a
/// sentence that shares no word still missing from the union cannot add to it.
double RougeGoogle::summary(const Sentences& prediction, const Sentences& reference) {
  if (prediction.words.empty() || reference.words.empty()) return 0;
  std::vector<std::int32_t> left_a(ids_.size()), left_b(ids_.size());
  for (const std::uint32_t w : prediction.words) ++left_a[w];
  for (const std::uint32_t w : reference.words) ++left_b[w];
  const auto distinct = distinct_sentences(prediction.ends.size(),
                                           [&](std::uint32_t s) { return prediction.sentence(s); });
  std::vector<std::vector<std::uint32_t>> holders(ids_.size());
  for (const std::uint32_t s : distinct)
    for (const std::uint32_t w : prediction.sentence(s))
      if (holders[w].empty() || holders[w].back() != s) holders[w].push_back(s);
  std::vector<std::uint32_t> tried(prediction.ends.size(), 0), missing(ids_.size(), 0);
  std::map<std::vector<std::uint32_t>, std::vector<bool>> known;  // unions of short sentences
  std::vector<bool> in_union;
  std::uint64_t hits = 0;
  occurrences_.build(prediction.words, ids_.size());
  for (std::uint32_t r = 0; r < reference.ends.size(); ++r) {
    const auto sentence = reference.sentence(r);
    const bool remembers = reference.ends.size() > kManySentences && sentence.size() <= kShort;
    std::vector<bool>* const memory =
        remembers ? &known[{sentence.begin(), sentence.end()}] : nullptr;
    const bool done = memory && !memory->empty();
    in_union.assign(sentence.size(), false);
    if (done) in_union = *memory;
    if (!done) lcs_.set(sentence, ids_.size());
    for (const std::uint32_t w : sentence) missing[w] += done ? 0 : 1;
    for (const std::uint32_t w : sentence)
      for (const std::uint32_t s : holders[w]) {
        if (missing[w] == 0) break;
        if (tried[s] == r + 1) continue;
        tried[s] = r + 1;
        compare(prediction, s, sentence);
        for (const auto& pair : pairs_out_) {
          missing[sentence[pair.second]] -= !in_union[pair.second];
          in_union[pair.second] = true;
        }
      }
    if (memory) *memory = in_union;
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const std::uint32_t w = sentence[i];
      missing[w] = 0;
      if (!in_union[i] || left_a[w] <= 0 || left_b[w] <= 0) continue;
      ++hits;
      --left_a[w];
      --left_b[w];
    }
  }
  return f_of(hits, prediction.words.size(), reference.words.size());
}

std::array<double, 4> RougeGoogle::score(std::string_view prediction, std::string_view reference,
                                         const RougeWanted& wanted) {
  std::array<double, 4> out{};
  ids_.clear();
  if (arena_.size() > 1) arena_.clear();
  arena_used_ = 0;
  if (arena_.empty()) arena_size_ = 0;
  const Sentences a = words(prediction), b = words(reference);
  if (wanted[kRouge1]) out[kRouge1] = ngrams(a.words, b.words, 1);
  if (wanted[kRouge2]) out[kRouge2] = ngrams(a.words, b.words, 2);
  if (wanted[kRougeL] && !a.words.empty() && !b.words.empty())
    out[kRougeL] = f_of(lcs_.length(a.words, b.words, ids_.size()), a.words.size(), b.words.size());
  if (wanted[kRougeLsum]) out[kRougeLsum] = summary(a, b);
  return out;
}

namespace {

class RougeMetric : public Metric {
 public:
  RougeMetric(const RougeWanted& wanted, bool stem, const char* suffix)
      : wanted_(wanted), suffix_(suffix), rouge_(stem) {}

  Result<void> add(const Row& row, RowText&, Fields* item) override {
    ORCH_TRY(expect_texts(row));
    std::array<double, 4> best{};
    for (const Answer& reference : row.references) {
      const auto scores = rouge_.score(row.prediction.text, reference.text, wanted_);
      for (std::size_t k = 0; k < 4; ++k) best[k] = std::max(best[k], scores[k]);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      if (!wanted_[k]) continue;
      take(k, best[k]);
      if (item) item->number(name(k), best[k]);
    }
    return {};
  }

 protected:
  virtual void take(std::size_t kind, double value) = 0;
  std::string name(std::size_t kind) const { return std::string(kRougeNames[kind]) + suffix_; }
  RougeWanted wanted_;

 private:
  const char* suffix_;
  RougeGoogle rouge_;
};

class RougeMean final : public RougeMetric {
 public:
  using RougeMetric::RougeMetric;
  void finish(Fields& set) override {
    for (std::size_t k = 0; k < 4; ++k)
      if (wanted_[k]) set.number(name(k), means_[k].value());
  }

 private:
  void take(std::size_t kind, double value) override { means_[kind].add(value); }
  std::array<Mean, 4> means_;
};

class RougeBootstrap final : public RougeMetric {
 public:
  RougeBootstrap(const RougeWanted& wanted, std::uint32_t seed)
      : RougeMetric(wanted, false, "_hf"), seed_(seed) {}
  void finish(Fields& set) override {
    // The kinds draw one after another from one generator, whichever are wanted.
    NumpyGenerator generator(seed_);
    std::size_t items = 0;
    for (const auto& values : values_) items = std::max(items, values.size());
    std::size_t last = 0;
    for (std::size_t k = 0; k < 4; ++k)
      if (wanted_[k]) last = k;
    for (std::size_t k = 0; k <= last; ++k) {
      if (wanted_[k])
        set.number(name(k), bootstrap_median(values_[k], generator));
      else
        skip_bootstrap(items, generator);
    }
  }

 private:
  void take(std::size_t kind, double value) override { values_[kind].push_back(value); }
  std::uint32_t seed_;
  std::array<std::vector<double>, 4> values_;
};

}  // namespace

std::unique_ptr<Metric> make_rouge_google(const RougeWanted& wanted, bool stem) {
  return std::make_unique<RougeMean>(wanted, stem, stem ? "_google_stem" : "_google");
}

std::unique_ptr<Metric> make_rouge_hf(const RougeWanted& wanted, std::uint32_t seed) {
  return std::make_unique<RougeBootstrap>(wanted, seed);
}

}  // namespace orch::score
