#pragma once
// Characters and sets of them in PCRE2's syntax. Thread: any.

#include <cstdint>
#include <string>

#include "jobs/tokenizer/code_point_set.h"

namespace orch::tokenizer {

/// One character, escaped where it could mean something else.
std::string pattern_character(std::uint32_t code_point);

/// A class (or one character) that matches exactly this set, as far as valid text goes: surrogates
/// may fall on either side. The empty set matches nothing.
std::string pattern_set(const CodePointSet& set);

}  // namespace orch::tokenizer
