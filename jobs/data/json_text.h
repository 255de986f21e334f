#pragma once
// Writing JSON by hand where a line is made of few known keys. Thread: any.

#include <string>
#include <string_view>

namespace orch::data {

/// A JSON string literal; the text must be valid UTF-8, non-ASCII is kept as it is.
std::string json_quoted(std::string_view text);

}  // namespace orch::data
