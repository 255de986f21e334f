#pragma once
// Words of an English text, as spaCy's tokenizer for English cuts it. Thread: any.

#include <vector>

#include "jobs/score/python_text.h"

namespace orch::score {

/// White space beyond one space is a word, too. Letters beyond Latin count as of no case.
/// Source: spaCy 3.8.18 tokenizer.pyx, lang/punctuation.py, lang/en/punctuation.py,
/// lang/char_classes.py, lang/tokenizer_exceptions.py (addresses; those of bare numbers are words
/// like others).
std::vector<Text> spacy_words(TextView text);

}  // namespace orch::score
