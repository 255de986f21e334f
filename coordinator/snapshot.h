#pragma once
// The facts of a State as bytes: what a restart begins from, and what two states are compared by.
// Pure; any thread.

#include <string>
#include <string_view>

#include "base/result.h"
#include "coordinator/state.h"

namespace orch::coordinator {

std::string encode_snapshot(const State& state);
/// With all indexes rebuilt; `live` is empty. Errors: kCorrupt; kInvalid for a newer version.
Result<State> decode_snapshot(std::string_view bytes);
/// SHA-256 of the facts: equal iff the facts are.
std::string state_digest(const State& state);

}  // namespace orch::coordinator
