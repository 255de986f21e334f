#pragma once
// ORCH_CHECK: the process ends at once when an invariant is broken, in release builds too; restart
// replays. Never on a peer's bytes, flags, drivers or the disk: those are Result (base/result.h).

namespace orch {

/// Prints "check failed: condition, message (file:line)" and a backtrace to standard error, then
/// aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line,
                               const char* format, ...) __attribute__((format(printf, 4, 5)));

}  // namespace orch

#define ORCH_CHECK(condition, ...)                                       \
  do {                                                                   \
    if (__builtin_expect(!(condition), 0))                               \
      ::orch::check_failed(#condition, __FILE__, __LINE__, __VA_ARGS__); \
  } while (false)
