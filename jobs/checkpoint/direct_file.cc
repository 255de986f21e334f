#include "jobs/checkpoint/direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace orch::checkpoint {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kWriteBytesMax = 8 << 20;

Result<void> write_at(int fd, std::uint64_t offset, const char* data, std::size_t size_bytes,
                      const std::string& path) {
  while (size_bytes > 0) {
    const std::size_t want = std::min(size_bytes, kWriteBytesMax);
    const ssize_t n = ::pwrite(fd, data, want, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot write " + path, errno);
    if (n == 0) return internal("cannot write " + path + ": nothing was taken");
    data += n;
    offset += static_cast<std::uint64_t>(n);
    size_bytes -= static_cast<std::size_t>(n);
  }
  return {};
}

}  // namespace

Result<void> DirectFile::create(const std::string& path, std::uint64_t size_bytes) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return system_error("cannot create " + path, errno);
  if (::fallocate(fd.get(), 0, 0, static_cast<off_t>(size_bytes)) == 0) return {};
  if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) {
    return system_error("cannot reserve " + std::to_string(size_bytes) + " bytes for " + path,
                        errno);
  }
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0) {
    return system_error("cannot size " + path, errno);
  }
  return {};
}

Result<DirectFile> DirectFile::open(const std::string& path) {
  DirectFile file;
  file.path_ = path;
  file.buffered_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.buffered_) return system_error("cannot open " + path, errno);
  file.direct_ = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_DIRECT));
  return file;
}

Result<void> DirectFile::write(std::uint64_t offset, const void* data, std::size_t size_bytes) {
  const char* from = static_cast<const char*>(data);
  const bool aligned = offset % kPage == 0 && reinterpret_cast<std::uintptr_t>(from) % kPage == 0;
  const std::size_t pages = size_bytes / kPage * kPage;
  if (direct_ && aligned && pages > 0) {
    ORCH_TRY(write_at(direct_.get(), offset, from, pages, path_));
    direct_bytes_ += pages;
    from += pages;
    offset += pages;
    size_bytes -= pages;
  }
  return write_at(buffered_.get(), offset, from, size_bytes, path_);
}

Result<void> DirectFile::sync() {
  if (::fsync(buffered_.get()) != 0) return system_error("cannot fsync " + path_, errno);
  return {};
}

}  // namespace orch::checkpoint
