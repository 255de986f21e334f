#pragma once
// How errors reach people (the contract's one line and a `try:`), exit codes, and "did you mean".
// Pure; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::protocol {

/// "error: what, where\n" and, where there is a hint, "  try: hint\n". A message of several lines
/// is several errors; a line of it that starts with "  try: " belongs to the one before.
std::string error_text(const Error& error);

/// 2 invalid and conflict, 3 not found, 4 unavailable, 5 denied, 1 otherwise.
int exit_code(Code code);

/// The valid name with the smallest edit distance (adjacent swaps count one), if it is near enough
/// to be meant; the first one among equals.
std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& valid);

/// [a-z0-9][a-z0-9._-]*, not all digits, at most kNameBytesMax bytes.
bool is_valid_name(std::string_view name);

/// Valid UTF-8 without control characters but tab, line feed and carriage return.
bool is_text(std::string_view bytes);

}  // namespace orch::protocol
