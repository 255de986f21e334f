#include "base/process_wire.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/limits.h"

namespace orch::process_wire {
namespace {

constexpr std::size_t kDescriptorsMax = 3;

void put(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
  out.append(text);
}

void put(std::string& out, const std::vector<std::string>& list) {
  const auto size = static_cast<std::uint32_t>(list.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
  for (const std::string& text : list) put(out, text);
}

/// Takes values off the front; remembers if there were too few bytes.
struct Cursor {
  std::string_view rest;
  bool ok = true;

  std::uint32_t number() {
    std::uint32_t value = 0;
    if (rest.size() < sizeof(value)) {
      ok = false;
      return 0;
    }
    std::memcpy(&value, rest.data(), sizeof(value));
    rest.remove_prefix(sizeof(value));
    return value;
  }
  std::string text() {
    const std::uint32_t size = number();
    if (size > rest.size()) {
      ok = false;
      return {};
    }
    std::string value(rest.substr(0, size));
    rest.remove_prefix(size);
    return value;
  }
  std::vector<std::string> list() {
    std::vector<std::string> values;
    for (std::uint32_t n = number(); ok && n > 0; --n) values.push_back(text());
    return values;
  }
};

}  // namespace

Result<FileDescriptor> to_memfd(const Program& program) {
  std::string bytes;
  put(bytes, program.argv);
  put(bytes, program.environment);
  put(bytes, program.directory);
  put(bytes, program.cgroup_procs);
  FileDescriptor fd(::memfd_create("spawn", MFD_CLOEXEC));
  if (!fd) return system_error("cannot create a memfd", errno);
  ORCH_TRY(write_all(fd.get(), bytes.data(), bytes.size(), "memfd"));
  return fd;
}

Result<Program> from_memfd(int fd) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size < 0 || static_cast<std::size_t>(size) > 4 * limits::kMessageBytesMax) {
    return corrupt("spawn request of " + std::to_string(size) + " bytes");
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (::pread(fd, bytes.data(), bytes.size(), 0) != size) {
    return system_error("cannot read a spawn request", errno);
  }
  Cursor cursor{bytes};
  Program program;
  program.argv = cursor.list();
  program.environment = cursor.list();
  program.directory = cursor.text();
  program.cgroup_procs = cursor.text();
  if (!cursor.ok) return corrupt("spawn request is cut off");
  return program;
}

Result<void> send_message(int socket, const void* data, std::size_t size_bytes,
                          const std::vector<int>& descriptors) {
  iovec part{const_cast<void*>(data), size_bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    ORCH_CHECK(descriptors.size() <= kDescriptorsMax, "%zu descriptors", descriptors.size());
    const std::size_t bytes = descriptors.size() * sizeof(int);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), bytes);
  }
  for (;;) {
    const ssize_t n = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (n == static_cast<ssize_t>(size_bytes)) return {};
    if (n < 0 && errno == EINTR) continue;
    return unavailable(std::string("process host: cannot send: ") + std::strerror(errno));
  }
}

Received receive_message(int socket, void* data, std::size_t size_bytes,
                         std::vector<FileDescriptor>& descriptors) {
  iovec part{data, size_bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorsMax * sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t n = 0;
  do {
    n = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received::kNothing;
  if (n <= 0) return Received::kClosed;
  for (cmsghdr* h = CMSG_FIRSTHDR(&message); h != nullptr; h = CMSG_NXTHDR(&message, h)) {
    if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
      descriptors.emplace_back(fd);
    }
  }
  return n == static_cast<ssize_t>(size_bytes) ? Received::kMessage : Received::kClosed;
}

}  // namespace orch::process_wire
