#pragma once
// Positioned writes of large files that already exist: past the page cache (O_DIRECT) where offset
// and memory are page- aligned and the file system allows it, through it otherwise. One thread an
// object.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/file.h"

namespace orch::checkpoint {

class DirectFile {
 public:
  /// Makes `path` with `size_bytes` of reserved space. Errors: kUnavailable when the disk is full.
  static Result<void> create(const std::string& path, std::uint64_t size_bytes);
  /// Opens an existing file for writing.
  static Result<DirectFile> open(const std::string& path);

  Result<void> write(std::uint64_t offset, const void* data, std::size_t size_bytes);
  /// What was written survives a power cut.
  Result<void> sync();
  /// Bytes that went past the page cache so far.
  std::uint64_t direct_bytes() const { return direct_bytes_; }

 private:
  std::string path_;
  FileDescriptor buffered_, direct_;  // direct_ is none where the file system refuses it
  std::uint64_t direct_bytes_ = 0;
};

}  // namespace orch::checkpoint
