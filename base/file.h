#pragma once
// Files as Results: whole-file reads, atomic writes (temporary name, fsync, rename, fsync of the
// folder), folders. Durable by default: what returned ok survives a power cut. Thread: any.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch {

/// Closes on destruction. -1 is "none".
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.release();
    }
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset();

 private:
  int fd_ = -1;
};

/// Errors: kNotFound, kDenied, kInternal with the path; kInvalid when larger than `size_bytes_max`.
Result<std::string> read_file(const std::string& path,
                              std::uint64_t size_bytes_max = std::uint64_t{1} << 32);

/// Writes a temporary file beside `path`, fsyncs it, renames it over `path`, fsyncs the folder.
/// `mode`: permissions.
Result<void> write_file_atomic(const std::string& path, std::string_view bytes,
                               unsigned mode = 0644);

/// All bytes or an error; handles short writes and EINTR.
Result<void> write_all(int fd, const void* data, std::size_t size_bytes, const std::string& path);

/// mkdir -p.
Result<void> make_directories(const std::string& path);
/// rm -rf; a missing path is success.
Result<void> remove_tree(const std::string& path);
/// fsync of a folder, so that renames in it are durable.
Result<void> sync_directory(const std::string& path);
bool file_exists(const std::string& path);
/// Sorted names in a folder, without "." and "..".
Result<std::vector<std::string>> list_directory(const std::string& path);
/// Sorted relative paths of all regular files below `path`.
Result<std::vector<std::string>> list_files_recursive(const std::string& path);
Result<std::uint64_t> file_size(const std::string& path);
/// Bytes free for this user on the file system of `path`.
Result<std::uint64_t> free_disk_bytes(const std::string& path);
/// "a" + "b" → "a/b"; an absolute b wins.
std::string join_path(std::string_view a, std::string_view b);

/// A private folder that is removed with everything in it at destruction.
class TemporaryDirectory {
 public:
  /// Under $TMPDIR or /tmp. Aborts if it cannot be made (tests and tools only).
  explicit TemporaryDirectory(const std::string& prefix = "orch");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace orch
