#pragma once
// Records ↔ bytes of the control log: version, kind, fields. Decoding validates everything that
// apply() relies on to stay in bounds of its types; what it refers to is apply()'s concern.
// Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "coordinator/record.h"

namespace orch::coordinator {

inline constexpr std::uint32_t kRecordVersion = 1;

std::string encode_record(const Record& record);
/// Errors: kCorrupt; kInvalid for a version or kind of a newer program.
Result<Record> decode_record(std::string_view bytes);

}  // namespace orch::coordinator
