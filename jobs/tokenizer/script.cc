#include "jobs/tokenizer/script.h"

#include <algorithm>

namespace orch::tokenizer {

int script_of(std::uint32_t code_point) {
  const ScriptRange* end = kScriptRanges + kScriptRangeCount;
  const ScriptRange* range =
      std::lower_bound(kScriptRanges, end, code_point,
                       [](const ScriptRange& r, std::uint32_t c) { return r.last < c; });
  return range != end && range->first <= code_point ? range->number : 0;
}

}  // namespace orch::tokenizer
