#pragma once
// html_ner_f1_mibe: Me-LLaMA's i2b2 task as released. Sentences mark entities as <span class="…">;
// both sides become words with B-/I- tags, the two sequences are aligned greedily, and seqeval
// scores what is left. Its plan B, by offsets, is html_spans.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jobs/score/metric.h"
#include "jobs/score/python_text.h"

namespace orch::score {

using TaggedWords = std::vector<std::pair<Text, std::string>>;
/// Words of a sentence with tags: outside elements divided at white space, inside as spaCy does.
/// Source: Me-LLaMA src/tasks/vital_measure.py NER.html2bio, commit 1e1efb1.
TaggedWords html_words(std::string_view html);

/// Tags of both after the greedy alignment; a pair of which neither begins the other is dropped.
std::pair<std::vector<std::string>, std::vector<std::string>> align_tags(
    const TaggedWords& prediction, const TaggedWords& gold);

/// Entities by offsets in the text without tags and white space: what was meant.
std::vector<LabelledSpan> html_spans(std::string_view html);

std::unique_ptr<Metric> make_html_ner_mibe();

}  // namespace orch::score
