#pragma once
// Comma-separated values as RFC 4180 has them: quotes, doubled quotes, line breaks inside quotes.
// Thread: any.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::score {

struct CsvRow {
  std::uint64_t line = 0;  ///< where it begins, from 1
  std::vector<std::string> fields;
};

/// Blank lines are left out.  Errors: kInvalid with `where` and the line: a quote that is never
/// closed.
Result<std::vector<CsvRow>> parse_csv(std::string_view text, const std::string& where);

}  // namespace orch::score
