#pragma once
// The scripts that the pre-tokenizer UnicodeScripts tells apart (Japanese ones count as Han). Pure;
// thread: any.

#include <cstddef>
#include <cstdint>

namespace orch::tokenizer {

struct ScriptRange {
  std::uint32_t first, last;
  std::uint8_t number;
};
/// Sorted; made by make_script_table.py.
extern const ScriptRange kScriptRanges[];
extern const std::size_t kScriptRangeCount;

/// A number that two characters share if they are of one script; 0: belongs to every script.
int script_of(std::uint32_t code_point);

}  // namespace orch::tokenizer
