#pragma once
// string_set_f1_meds: MedS-Bench's entity recognition: micro F1 over sets of strings, with the
// released script's quirks, or repaired.

#include <memory>
#include <set>

#include "jobs/score/metric.h"
#include "jobs/score/python_text.h"

namespace orch::score {

/// As released: every "." goes, then the last character, then ", " divides; the sentence that means
/// no entity is known in its misspelt form only. Source: MedS-Ins
/// Metrics/NamedEntityRecognition.py, commit cb26b7f.
std::set<Text> entity_set_as_released(TextView answer);
/// Only a final period goes, both spellings of the sentence are known, empty strings are no
/// entities.
std::set<Text> entity_set_as_intended(TextView answer);

/// A null prediction is passed over as released, and is an empty set as intended.
std::unique_ptr<Metric> make_string_set_f1_meds(bool as_released);

}  // namespace orch::score
