#include "coordinator/home_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

namespace orch::coordinator {

Result<FileDescriptor> lock_home(const std::string& home) {
  const std::string path = home + "/run/coordinator.lock";
  ORCH_TRY(make_directories(home + "/run"));
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return system_error(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error(path, errno);
    return unavailable("another coordinator runs on " + home, "orchctl --home " + home + " down");
  }
  return fd;
}

}  // namespace orch::coordinator
