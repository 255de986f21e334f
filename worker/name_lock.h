#pragma once
// One daemon a name: HOME/run/NAME.lock is locked while it lives, HOME/run/NAME.pid tells its pid.

#include <string>

#include "base/file.h"
#include "base/result.h"

namespace orch::worker {

class NameLock {
 public:
  /// Errors: kUnavailable when a living daemon has the name.
  static Result<NameLock> take(const std::string& home, const std::string& name);
  NameLock(NameLock&&) = default;
  ~NameLock();  ///< removes the pid file

  Result<void> write_pid();

 private:
  NameLock() = default;
  FileDescriptor lock_;
  std::string pid_path_;
};

}  // namespace orch::worker
