#pragma once
// What a ProcessRunner and its host write to each other: fixed structs over a SOCK_SEQPACKET pair,
// descriptors beside them (SCM_RIGHTS). The variable part of a spawn request (argv, environment,
// paths) travels as a memfd, so no message can be too long for the socket. Same build on both ends.

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace orch::process_wire {

enum class RequestKind : std::uint32_t { kSpawn = 1, kSignal = 2 };

struct Request {
  RequestKind kind = RequestKind::kSpawn;
  std::int32_t signal = 0;
  std::uint64_t id = 0;
  std::uint8_t has_channel = 0, has_log = 0;
  std::uint8_t padding[6] = {};
};

enum class ReportKind : std::uint32_t { kStarted = 1, kFailed = 2, kExited = 3 };
/// Where a start failed.
enum class Stage : std::int32_t { kFork = 1, kDescriptors, kDirectory, kCgroup, kExec, kNoFork };

struct Report {
  ReportKind kind = ReportKind::kStarted;
  std::int32_t pid = 0;     ///< kStarted
  std::int32_t keeper = 0;  ///< kStarted
  std::int32_t status = 0;  ///< kExited: of waitpid(); kFailed: errno
  Stage stage = Stage::kFork;
  std::uint32_t padding = 0;
  std::uint64_t id = 0;
};

/// The variable part of a spawn request.
struct Program {
  std::vector<std::string> argv, environment;
  std::string directory, cgroup_procs;
};

Result<FileDescriptor> to_memfd(const Program& program);
/// Errors: kCorrupt.
Result<Program> from_memfd(int fd);

/// One message with descriptors. Errors: kUnavailable when the other end is gone or (for a
/// non-blocking socket) full.
Result<void> send_message(int socket, const void* data, std::size_t size_bytes,
                          const std::vector<int>& descriptors);

enum class Received : unsigned char { kMessage, kNothing, kClosed };
/// One message of exactly `size_bytes`, without waiting. Descriptors come close-on-exec.
Received receive_message(int socket, void* data, std::size_t size_bytes,
                         std::vector<FileDescriptor>& descriptors);

}  // namespace orch::process_wire
