#include "protocol/rank_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "base/limits.h"
#include "protocol/codec.h"

namespace orch::protocol {
namespace {

constexpr std::size_t kPrefixBytes = 4;
constexpr std::size_t kReadBytes = 64 << 10;

int poll_milliseconds(Duration timeout) {
  if (timeout < Duration::zero()) return -1;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  return ms > INT_MAX ? INT_MAX : static_cast<int>(ms);
}

}  // namespace

std::string make_frame(std::string_view payload) {
  ORCH_CHECK(!payload.empty() && payload.size() <= limits::kMessageBytesMax, "frame of %zu bytes",
             payload.size());
  std::string out;
  out.reserve(kPrefixBytes + payload.size());
  for (unsigned i = 0; i < kPrefixBytes; ++i)
    out.push_back(static_cast<char>((payload.size() >> (8 * i)) & 0xff));
  out.append(payload);
  return out;
}

void FrameDecoder::feed(std::string_view bytes) {
  buffer_.erase(0, begin_);
  begin_ = 0;
  buffer_.append(bytes);
}

Result<std::optional<std::string>> FrameDecoder::next() {
  const std::size_t available = buffer_.size() - begin_;
  if (available < kPrefixBytes) return std::optional<std::string>();
  std::size_t size_bytes = 0;
  for (unsigned i = 0; i < kPrefixBytes; ++i)
    size_bytes |= std::size_t{static_cast<unsigned char>(buffer_[begin_ + i])} << (8 * i);
  if (size_bytes == 0 || size_bytes > limits::kMessageBytesMax)
    return corrupt("rank channel: a frame of " + std::to_string(size_bytes) +
                   " bytes, allowed 1.." + std::to_string(limits::kMessageBytesMax));
  if (available < kPrefixBytes + size_bytes) return std::optional<std::string>();
  std::optional<std::string> payload(buffer_.substr(begin_ + kPrefixBytes, size_bytes));
  begin_ += kPrefixBytes + size_bytes;
  return payload;
}

Result<std::pair<FileDescriptor, FileDescriptor>> make_rank_channel() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_error("socketpair", errno);
  return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

Result<void> FrameChannel::send_frame(std::string_view payload) {
  if (payload.empty() || payload.size() > limits::kMessageBytesMax)
    return invalid("rank channel: a message of " + std::to_string(payload.size()) + " bytes");
  const std::string frame = make_frame(payload);
  const std::lock_guard lock(send_mutex_);
  std::size_t sent = 0;
  while (sent < frame.size()) {
    const ssize_t n = ::send(fd_.get(), frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd wait{fd_.get(), POLLOUT, 0};
      poll(&wait, 1, -1);
      continue;
    }
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
      return unavailable("rank channel: the other end is gone");
    if (n < 0) return system_error("rank channel: send", errno);
    sent += static_cast<std::size_t>(n);
  }
  return {};
}

Result<std::optional<std::string>> FrameChannel::receive_frame(Duration timeout) {
  const SystemClock clock;
  const TimePoint end = clock.now() + (timeout < Duration::zero() ? Duration::zero() : timeout);
  for (;;) {
    ORCH_ASSIGN(std::optional<std::string> frame, decoder_.next());
    if (frame) return frame;
    const Duration left =
        timeout < Duration::zero() ? timeout : std::max(Duration::zero(), end - clock.now());
    pollfd wait{fd_.get(), POLLIN, 0};
    const int ready = poll(&wait, 1, poll_milliseconds(left));
    if (ready < 0 && errno != EINTR) return system_error("rank channel: poll", errno);
    if (ready == 0) return std::optional<std::string>();
    if (ready < 0) continue;
    std::array<char, kReadBytes> bytes{};
    const ssize_t n = recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) continue;
    if (n < 0 && errno != ECONNRESET) return system_error("rank channel: recv", errno);
    if (n <= 0)
      return unavailable(decoder_.has_partial() ? "rank channel: the other end died within a frame"
                                                : "rank channel: the other end is gone");
    decoder_.feed({bytes.data(), static_cast<std::size_t>(n)});
  }
}

Result<void> RankChannel::send(const FromRank& message) {
  return frames_.send_frame(encode(message));
}

Result<std::optional<ToRank>> RankChannel::receive(Duration timeout) {
  ORCH_ASSIGN(const std::optional<std::string> frame, frames_.receive_frame(timeout));
  if (!frame) return std::optional<ToRank>();
  ORCH_ASSIGN(ToRank message, decode_to_rank(*frame));
  return std::optional<ToRank>(std::move(message));
}

Result<void> RankParentChannel::send(const ToRank& message) {
  return frames_.send_frame(encode(message));
}

Result<std::optional<FromRank>> RankParentChannel::receive(Duration timeout) {
  ORCH_ASSIGN(const std::optional<std::string> frame, frames_.receive_frame(timeout));
  if (!frame) return std::optional<FromRank>();
  ORCH_ASSIGN(FromRank message, decode_from_rank(*frame));
  return std::optional<FromRank>(std::move(message));
}

}  // namespace orch::protocol
