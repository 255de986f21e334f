#pragma once
// What spaCy's English tokenizer knows by heart. Thread: any; constants.

#include <array>
#include <string_view>

namespace orch::score {

/// Words that are cut by no rule, "\n" behind each; "\t" divides the parts of those that have
/// several. Source: spaCy 3.8.18 spacy/lang/en/tokenizer_exceptions.py,
/// spacy/lang/tokenizer_exceptions.py.
extern const std::string_view kSpacyExceptions;

struct SpacyRange {
  char32_t first, last;
};
/// Symbols that stand alone, ascending.  Source: spaCy 3.8.18 spacy/lang/char_classes.py.
extern const std::array<SpacyRange, 200> kSpacyIcons;

}  // namespace orch::score
