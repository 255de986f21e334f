// The host of these tests: execs, and as its fork form a tiny echo that speaks over descriptor 3.

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/environment.h"
#include "base/process_host.h"

namespace {

/// Writes "pid, ORCH_WORD" to the channel, then "exit N" from it ends with N.
int echo() {
  const std::string hello =
      std::to_string(::getpid()) + " " + orch::environment("ORCH_WORD").value_or("-");
  if (::write(3, hello.data(), hello.size()) < 0) return 99;
  char text[64] = {};
  if (::read(3, text, sizeof(text) - 1) <= 0) return 98;
  return std::atoi(text);
}

}  // namespace

int main() { return orch::run_process_host(orch::kHostControlFd, echo); }
