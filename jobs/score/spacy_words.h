#pragma once
// Words of a short English text, divided at punctuation as spaCy's rules for English do. Of its
// list of exceptions only contractions are known. Thread: any.

#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

/// White space beyond one space is a word, too.
/// Source: spaCy 3 lang/punctuation.py, lang/char_classes.py, lang/en/tokenizer_exceptions.py.
std::vector<Text> spacy_words(TextView text);

}  // namespace orch::score
