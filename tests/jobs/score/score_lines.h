#pragma once
// What the tests of metrics share: lines through the scorer as `orch-tool score` puts them, and the
// recorded values of the packages, vectors/*.jsonl. Thread: one.

#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/score_file.h"

namespace orch::score {

/// What the scorer prints for a file "rows.jsonl" of these lines.
Result<std::string> score_lines(const std::string& lines, ScoreOptions options);

/// The value `key` over the set ("": the metric's own); a test failure and NaN where it is absent.
double score_value(const std::string& lines, const std::string& metric,
                   const std::string& key = "");

/// A line with one reference.
std::string pair_row(const std::string& prediction, const std::string& reference);

/// The folder of NLTK's sentence model, or "".
std::string punkt_folder();

/// Runs each case of vectors/<name>.jsonl: numbers equal to 1e-12, texts equal. Cases whose
/// resource is absent are counted in what is returned: "" or what was skipped, and why.
std::string expect_recorded(const std::string& name);

/// One text of vectors/words.jsonl.
struct WordsCase {
  std::string tokenizer, text;
  std::vector<std::string> words;
};
std::vector<WordsCase> recorded_words(const std::string& segmenter);

/// Words and stems of vectors/stems.jsonl.
std::vector<std::pair<std::string, std::string>> recorded_stems();

}  // namespace orch::score
