#pragma once
// char_f1_mibe_emrqa: the F1 of Me-LLaMA's EmrQA task as released, over characters; token_f1: the
// one that was meant, SQuAD's.

#include <memory>
#include <vector>

#include "jobs/score/metric.h"
#include "jobs/score/python_text.h"

namespace orch::score {

/// Lower-cased without ASCII punctuation and white space: what the released code compares, for it
/// joins characters with spaces.
Text emrqa_characters(TextView text);
/// Distinct characters of both over all characters of each.
/// Source: Me-LLaMA src/tasks/vital_measure.py NormQA, commit 1e1efb1.
double char_f1_mibe(TextView prediction, TextView reference);

/// Lower-cased, without ASCII punctuation and English articles, cut at white space.
std::vector<Text> squad_words(TextView text);
/// Source: Rajpurkar et al. 2016, arXiv:1606.05250, evaluate-v1.1.
double token_f1(const std::vector<Text>& prediction, const std::vector<Text>& reference);

/// The best reference counts.
std::unique_ptr<Metric> make_char_f1_mibe_emrqa();
std::unique_ptr<Metric> make_token_f1();

}  // namespace orch::score
