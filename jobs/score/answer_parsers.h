#pragma once
// The released answer parsers, and a strict one: which answer a free text holds. A parser's verdict
// (chosen, missing, ambiguous) goes beside its score. Plain functions. Thread: any.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jobs/score/metric.h"
#include "jobs/score/python_text.h"

namespace orch::score {

struct Parsed {
  std::string chosen;  ///< "" if missing
  bool missing = false;
  bool ambiguous = false;  ///< the text holds more than one answer
  bool right = false;
};

/// The first of `choices`, in list order, that is a substring of the text.
/// Source: Me-LLaMA src/tasks/vital_measure.py Classification, commit 1e1efb1.
Parsed first_choice(TextView text, std::span<const std::string> choices, bool fold_case);
/// The only one of `choices` that is a substring; with none or several the answer is missing.
/// Source: the same, DDI2013.
Parsed exactly_one(TextView text, std::span<const std::string> choices);
/// The only one of `choices` that occurs as a whole word, case folded.
Parsed whole_word(TextView text, std::span<const std::string> choices);
/// The first character, behind "the right answer is", case folded: a to d, or y and n.
/// Source: MedS-Ins Metrics/MCQA.py, commit cb26b7f.
Parsed first_letter_meds(TextView text, TextView gold);
/// The text without "###Answer: OPTION " and "IS CORRECT.</s>"; several letters as sets.
/// Source: MMedLM metrics/accuracy.py, commit 34e3fa2.
Parsed option_mmedbench(TextView text, TextView gold);
/// The letters between "OPTION " and " IS CORRECT", whatever ends the text; compared as sets.
Parsed option_anywhere(TextView text, TextView gold);
/// A capital letter that is the whole answer, or that a sign of an answer divides from the rest:
/// "B", "(B)", "B. …", "The answer is B".
Parsed letter_strict(TextView text);

/// As letter_strict, or a small letter with a sign behind it, after "the right answer is"; where
/// the gold is yes or no, the only one of them that is a whole word.
Parsed mcqa_strict(TextView text, TextView gold);

/// How contains_meds prepares both sides, by task of MedS-Bench.
enum class ContainsRule : unsigned char { kLabel, kExtraction, kOutcome, kFirstLine };
/// The gold is a substring of the text.
/// Source: MedS-Ins Metrics/ Diagnosis, TreatmentPlanning, NatureLanguageInference (kLabel),
/// InformationExtraction, ClinicalOutcomePrediction, FactVerification, commit cb26b7f.
Parsed contains_meds(TextView text, TextView gold, ContainsRule rule);

enum class Parser : unsigned char {
  kContains,
  kFirstChoice,
  kFirstChoiceFolded,
  kExactlyOne,
  kMcqa,
  kMcqaStrict,
  kOption,
  kOptionAnywhere,
  kLetterStrict,
  kWholeWord,
  kExtraction,
  kOutcome,
  kFirstLine
};
/// Applies a parser to a row. `gold`: the reference in the form in which it is compared. With
/// choices in the row, contains_meds says which of them the text holds.
/// Errors: kInvalid: no text, no or several references, no choices.
Result<Parsed> parse_row(Parser parser, const Row& row, std::string& gold);

/// Mean of right answers, with the shares that are missing and ambiguous.
std::unique_ptr<Metric> make_answer_parser(std::string name, Parser parser);

}  // namespace orch::score
