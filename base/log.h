#pragma once
// Log lines to standard error: "time level where: message key=value". spdlog stays behind log.cc.
// Thread: any.

#include <string>
#include <string_view>

namespace orch {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

/// Name shown on each line ("coordinator", "worker-0"). Call once in main, before threads.
void log_open(const std::string& program, LogLevel threshold = LogLevel::kInfo);
void log(LogLevel level, std::string_view message);
inline void log_debug(std::string_view m) { log(LogLevel::kDebug, m); }
inline void log_info(std::string_view m) { log(LogLevel::kInfo, m); }
inline void log_warning(std::string_view m) { log(LogLevel::kWarning, m); }
inline void log_error(std::string_view m) { log(LogLevel::kError, m); }

}  // namespace orch
