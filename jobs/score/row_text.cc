#include "jobs/score/row_text.h"

namespace orch::score {

Result<void> RowText::set(const Row& row) {
  row_ = &row;
  language_ = language_given_;
  if (!row.language.empty()) {
    ORCH_ASSIGN(language_, parse_language(row.language));
  }
  entries_.assign(row.references.size() + 1, {});
  return {};
}

const Text& RowText::text(std::size_t index) {
  Entry& entry = entries_[index];
  if (!entry.decoded)
    entry.text = decode(index == 0 ? row_->prediction.text : row_->references[index - 1].text);
  entry.decoded = true;
  return entry.text;
}

const Text& RowText::prediction() { return text(0); }
const Text& RowText::reference(std::size_t index) { return text(index + 1); }

Result<const Words*> RowText::words(std::size_t index) {
  const Text& whole = text(index);
  Entry& entry = entries_[index];
  if (!entry.cut) {
    ORCH_ASSIGN(entry.words, segmenter_->words(language_, whole));
    entry.cut = true;
  }
  return &entry.words;
}

Result<const Text*> RowText::spaced(std::size_t index) {
  if (language_ != Language::kChinese && language_ != Language::kJapanese) return &text(index);
  Entry& entry = entries_[index];
  if (!entry.joined) {
    ORCH_ASSIGN(const Words* words, this->words(index));
    for (std::size_t i = 0; i < words->size(); ++i) {
      if (!entry.spaced.empty()) entry.spaced += U' ';
      entry.spaced += (*words)[i];
    }
    entry.joined = true;
  }
  return &entry.spaced;
}

}  // namespace orch::score
