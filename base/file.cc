#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/environment.h"
#include "base/random.h"

namespace orch {
namespace fs = std::filesystem;

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

namespace {

/// Large memory that nobody has touched yet: fewer page faults where the system has huge pages.
void advise_large(char* begin, std::size_t size_bytes) {
  constexpr std::uintptr_t kHugePageBytes = std::uintptr_t{2} << 20;
  const auto at = reinterpret_cast<std::uintptr_t>(begin);
  const std::uintptr_t first = (at + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const std::uintptr_t last = (at + size_bytes) / kHugePageBytes * kHugePageBytes;
  if (last > first) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::uint64_t size_bytes_max) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error("cannot open " + path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return system_error("cannot stat " + path, errno);
  if (S_ISDIR(status.st_mode)) return invalid(path + " is a folder, a file was expected");
  if (static_cast<std::uint64_t>(status.st_size) > size_bytes_max) {
    return invalid(path + " is " + std::to_string(status.st_size) + " bytes, the limit is " +
                   std::to_string(size_bytes_max));
  }
  std::string bytes;
  constexpr std::size_t kSlack = 64;  // a parser may look a little beyond the end
  bytes.reserve(static_cast<std::size_t>(status.st_size) + kSlack);
  advise_large(bytes.data(), bytes.capacity());
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot read " + path, errno);
    if (n == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (bytes.size() > size_bytes_max)
      return invalid(path + " is larger than the limit of " + std::to_string(size_bytes_max) +
                     " bytes");
  }
  return bytes;
}

Result<void> write_all(int fd, const void* data, std::size_t size_bytes, const std::string& path) {
  const char* at = static_cast<const char*>(data);
  while (size_bytes > 0) {
    const ssize_t n = ::write(fd, at, size_bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("cannot write " + path, errno);
    at += n;
    size_bytes -= static_cast<std::size_t>(n);
  }
  return {};
}

Result<void> write_file_atomic(const std::string& path, std::string_view bytes, unsigned mode) {
  const std::string temporary = path + ".tmp-" + random_hex(6);
  FileDescriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!fd) return system_error("cannot create " + temporary, errno);
  Result<void> written = write_all(fd.get(), bytes.data(), bytes.size(), temporary);
  if (written.ok() && ::fsync(fd.get()) != 0)
    written = system_error("cannot fsync " + temporary, errno);
  fd.reset();
  if (written.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = system_error("cannot rename " + temporary + " to " + path, errno);
  }
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  const std::string folder = fs::path(path).parent_path().string();
  return sync_directory(folder.empty() ? "." : folder);
}

Result<void> make_directories(const std::string& path) {
  std::error_code code;
  fs::create_directories(path, code);
  if (code) return system_error("cannot create folder " + path, code.value());
  return {};
}

Result<void> remove_tree(const std::string& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return system_error("cannot remove " + path, code.value());
  return {};
}

Result<void> sync_directory(const std::string& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return system_error("cannot open folder " + path, errno);
  if (::fsync(fd.get()) != 0) return system_error("cannot fsync folder " + path, errno);
  return {};
}

bool file_exists(const std::string& path) {
  std::error_code code;
  return fs::exists(path, code);
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::directory_iterator it(path, code), end; !code && it != end; it.increment(code)) {
    names.push_back(it->path().filename().string());
  }
  if (code) return system_error("cannot list " + path, code.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> list_files_recursive(const std::string& path) {
  std::error_code code;
  std::vector<std::string> names;
  for (fs::recursive_directory_iterator it(path, code), end; !code && it != end;
       it.increment(code)) {
    if (it->is_regular_file(code)) names.push_back(it->path().lexically_relative(path).string());
  }
  if (code) return system_error("cannot list " + path, code.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::uint64_t> file_size(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return system_error("cannot stat " + path, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::uint64_t> free_disk_bytes(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return system_error("cannot statvfs " + path, errno);
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

std::string join_path(std::string_view a, std::string_view b) {
  return (fs::path(a) / fs::path(b)).string();
}

TemporaryDirectory::TemporaryDirectory(const std::string& prefix) {
  std::string pattern = environment("TMPDIR").value_or("/tmp") + "/" + prefix + "-XXXXXX";
  ORCH_CHECK(::mkdtemp(pattern.data()) != nullptr, "cannot make a temporary folder %s",
             pattern.c_str());
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code code;
  fs::remove_all(path_, code);
}

}  // namespace orch
