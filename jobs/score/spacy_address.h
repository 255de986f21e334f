#pragma once
// What spaCy takes for an address of the web or of mail, and so for one word. Thread: any.

#include "jobs/score/python_text.h"

namespace orch::score {

/// [scheme://][user[:password]@]host.domain[:port][/path], all of `word`. Time linear in it.
/// Source: spaCy 3.8.18 lang/tokenizer_exceptions.py URL_PATTERN, without numbers as hosts.
bool is_address(TextView word);

}  // namespace orch::score
