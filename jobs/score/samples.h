#pragma once
// What an evaluation leaves: samples_<task>.jsonl (one line an item) and results.json, with the key
// names of lm-evaluation-harness. sample_set.h reads samples back. Thread: any; plain values.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/score/suites.h"

namespace orch::score {

/// What a model answered to one continuation.
struct ContinuationScore {
  double log_likelihood = 0;
  bool greedy = false;  ///< each token is the most likely one
};

/// The outcome of one item. acc: the highest sum wins, ties go to the lowest index.
struct Sample {
  const Item* item = nullptr;
  std::vector<ContinuationScore> scores;  ///< multiple choice
  std::string generated;                  ///< generate, without the end token
  std::int64_t tokens_cut = 0;            ///< from the left of the context, to fit the model
  bool right() const;                     ///< acc or exact_match
  bool right_normalised()
      const;  ///< acc_norm: sum / characters of the choice without its first space
};

/// One line without a newline.
std::string sample_json(const Suite& suite, const Sample& sample);
std::string samples_jsonl(const Suite& suite, const std::vector<Sample>& samples);

/// mean and standard error of a suite's metrics, for results.json.
struct SuiteScore {
  std::string name, alias, group;
  SuiteKind kind = SuiteKind::kMultipleChoice;
  std::int64_t items = 0, items_original = 0;
  int num_fewshot = 0;
  std::int64_t items_cut = 0;  ///< whose context did not fit the model
  std::map<std::string, std::pair<double, double>> metrics;  ///< "acc" → (value, standard error)
};
SuiteScore summarise(const Suite& suite, const std::vector<Sample>& samples);

struct ResultsHeader {
  std::string model;         ///< path or name
  std::string model_digest;  ///< of its artifact
  std::string label;         ///< for people: the row of a report
  std::map<std::string, std::string> suite_labels, suite_roles;  ///< suite → label, role
  std::string date;  ///< seconds since 1970 as text; "" leaves it out
};
/// results.json of an evaluation: results, groups, n-samples, n-shot, higher_is_better, config,
/// orch.
std::string results_json(const ResultsHeader& header, const std::vector<SuiteScore>& scores);

}  // namespace orch::score
