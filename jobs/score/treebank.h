#pragma once
// NLTK's word tokenizer for one sentence: the Penn Treebank rules with NLTK's additions. Thread:
// any.

#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

/// Appends the words of one sentence to `words`; they are texts of their own, for quotes are
/// rewritten. Linear in time and space.
/// Source: nltk/tokenize/destructive.py 3.9.1 (rules in order, each over the result of the last).
void treebank_words(TextView sentence, std::vector<Text>& words);

}  // namespace orch::score
