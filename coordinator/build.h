#pragma once
// What this program says about itself. Any thread.

#include <string>

namespace orch::coordinator {

/// "0.1.0"
inline std::string build_text() { return "0.1.0"; }

}  // namespace orch::coordinator
