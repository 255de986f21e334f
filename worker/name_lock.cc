#include "worker/name_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace orch::worker {

Result<NameLock> NameLock::take(const std::string& home, const std::string& name) {
  ORCH_TRY(make_directories(home + "/run"));
  const std::string path = home + "/run/" + name;
  NameLock lock;
  lock.lock_ = FileDescriptor(::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.lock_) return system_error("cannot open " + path + ".lock", errno);
  if (::flock(lock.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return unavailable(name + " of " + home + " is running already (" + path + ".lock)");
  }
  lock.pid_path_ = path + ".pid";
  return lock;
}

NameLock::~NameLock() {
  if (lock_) ::unlink(pid_path_.c_str());
}

Result<void> NameLock::write_pid() {
  return write_file_atomic(pid_path_, std::to_string(::getpid()) + "\n");
}

}  // namespace orch::worker
