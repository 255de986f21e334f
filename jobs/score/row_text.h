#pragma once
// The texts of the row at hand, decoded and cut into words at most once, whichever metrics ask.
// Owned by the scorer, set to each row in turn. Thread: one.

#include <vector>

#include "jobs/score/metric.h"
#include "jobs/score/segmenter.h"

namespace orch::score {

class RowText {
 public:
  RowText(Segmenter& segmenter, Language language)
      : segmenter_(&segmenter), language_given_(language) {}

  /// Lifetime: `row` until the next call.  Errors: kInvalid: the row's own language.
  Result<void> set(const Row& row);

  Language language() const { return language_; }
  Segmenter& segmenter() { return *segmenter_; }
  const Text& prediction();
  const Text& reference(std::size_t index);
  /// Words by the language's segmenter; the prediction is index 0, references follow.
  Result<const Words*> words(std::size_t index);
  /// What a metric that wants words divided by spaces gets: in Chinese and Japanese the words
  /// joined, else the text itself.
  Result<const Text*> spaced(std::size_t index);

 private:
  const Text& text(std::size_t index);
  struct Entry {
    bool decoded = false, cut = false, joined = false;
    Text text, spaced;
    Words words;
  };
  Segmenter* segmenter_;
  Language language_given_, language_ = Language::kEnglish;
  const Row* row_ = nullptr;
  std::vector<Entry> entries_;
};

}  // namespace orch::score
