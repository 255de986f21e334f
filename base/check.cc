#include "base/check.h"

#include <execinfo.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace orch {

void check_failed(const char* condition, const char* file, int line, const char* format, ...) {
  std::fprintf(stderr, "check failed: %s, ", condition);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, " (%s:%d)\n", file, line);
  std::fflush(stderr);
  void* frames[32];
  backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
  std::abort();
}

}  // namespace orch
