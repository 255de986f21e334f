#pragma once
// Numbers with units as people write them: durations "300ms 5s 3m 2h 7d", sizes "512MiB 1GiB".
// Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace orch::protocol {

/// "300ms", "5s", "3m", "2h", "7d"; several may be joined ("1h30m"); "0" is zero. Errors: kInvalid,
/// also above 10 years.
Result<Duration> parse_duration(std::string_view text);

/// "300ms", "1h30m": parse_duration() reads it back.
std::string duration_text(Duration d);

/// "512MiB", "1GiB", "64KiB", "2TiB", "100B". Units: bytes out. Errors: kInvalid, also above 2^60.
Result<std::uint64_t> parse_size(std::string_view text);

/// The largest unit that divides: "512MiB"; parse_size() reads it back.
std::string size_text(std::uint64_t size_bytes);

}  // namespace orch::protocol
