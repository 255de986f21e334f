#pragma once
// The HTML standard's named characters. Thread: any.

#include "jobs/score/python_text.h"

namespace orch::score {

/// The characters that `name`, without '&' and ';', stands for; null: no such name.
/// Source: HTML living standard, 13.5 "Named character references".
const Text* html_entity(TextView name);

}  // namespace orch::score
