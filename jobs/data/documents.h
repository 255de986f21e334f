#pragma once
// Reads JSON lines from .jsonl, .jsonl.gz and .jsonl.zst, in bounded memory. Thread: one reader,
// one thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orch::data {

/// Lines longer than this are refused.
inline constexpr std::size_t kLineBytesMax = std::size_t{256} << 20;

/// Calls `line(text, number)` for each line that is not blank; numbers start at 1; an error of the
/// callback ends it. A byte order mark at the beginning of a file is left out.
/// "-" is standard input.  Errors: kNotFound; kInvalid: broken compression, line too long, with
/// file and line.
Result<void> read_lines(
    const std::string& path,
    const std::function<Result<void>(std::string_view line, std::uint64_t number)>& line);

/// Lines {"text": …, …}: calls `document(text, line number)`; text is valid UTF-8. Returns how many
/// invalid parts became U+FFFD for that.  Errors: kInvalid with file, line, what was expected.
Result<std::uint64_t> read_documents(
    const std::string& path,
    const std::function<Result<void>(std::string_view text, std::uint64_t number)>& document);

/// For people: that `parts` invalid parts of a file became U+FFFD.
std::string repair_note(const std::string& path, std::uint64_t parts);

}  // namespace orch::data
