#include "protocol/zmq_socket.h"

#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/limits.h"

namespace orch::protocol {
namespace {

constexpr int kQueueMessagesMax = 2000;  // each way and peer, ZMQ_SNDHWM and ZMQ_RCVHWM
constexpr int kLingerMs = 200;
constexpr int kHandshakeMs = 5000;
constexpr int kHeartbeatMs = 2000;
constexpr int kHeartbeatTimeoutMs = 8000;
// What is a little over the limit arrives and is named in the log; libzmq cuts off what is more.
constexpr std::int64_t kOversizeSlackBytes = 64 << 10;

Error zmq_error(const std::string& what) {
  const int number = zmq_errno();
  const std::string text = what + ": " + zmq_strerror(number);
  switch (number) {
    case EAGAIN:
    case EHOSTUNREACH:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
      return unavailable(text);
    case EINVAL:
    case EPROTONOSUPPORT:
    case ENODEV:
      return invalid(text);
    default:
      return internal(text);
  }
}

}  // namespace

ZmqContext::ZmqContext() : context_(zmq_ctx_new()) {
  ORCH_CHECK(context_ != nullptr, "zmq_ctx_new: %s", zmq_strerror(zmq_errno()));
}
ZmqContext::~ZmqContext() { zmq_ctx_term(context_); }

Result<ZmqSocket> ZmqSocket::open(const ZmqContext& context, int type) {
  void* socket = zmq_socket(context.get(), type);
  if (socket == nullptr) return zmq_error("zmq_socket");
  ZmqSocket out(socket);
  ORCH_TRY(out.set(ZMQ_LINGER, kLingerMs));
  return out;
}

ZmqSocket::~ZmqSocket() { close(); }

ZmqSocket& ZmqSocket::operator=(ZmqSocket&& other) noexcept {
  if (this != &other) {
    close();
    socket_ = other.socket_;
    other.socket_ = nullptr;
  }
  return *this;
}

void ZmqSocket::close() {
  if (socket_ != nullptr) zmq_close(socket_);
  socket_ = nullptr;
}

Result<void> ZmqSocket::set(int option, int value) {
  if (zmq_setsockopt(socket_, option, &value, sizeof value) != 0)
    return zmq_error("zmq_setsockopt " + std::to_string(option));
  return {};
}
Result<void> ZmqSocket::set(int option, std::int64_t value) {
  if (zmq_setsockopt(socket_, option, &value, sizeof value) != 0)
    return zmq_error("zmq_setsockopt " + std::to_string(option));
  return {};
}
Result<void> ZmqSocket::set(int option, const std::string& value) {
  if (zmq_setsockopt(socket_, option, value.data(), value.size()) != 0)
    return zmq_error("zmq_setsockopt " + std::to_string(option));
  return {};
}
Result<void> ZmqSocket::bind(const std::string& address) {
  if (zmq_bind(socket_, address.c_str()) != 0) return zmq_error("cannot listen on " + address);
  return {};
}
Result<void> ZmqSocket::connect(const std::string& address) {
  if (zmq_connect(socket_, address.c_str()) != 0) return zmq_error("cannot connect to " + address);
  return {};
}

void ZmqSocket::disconnect(const std::string& address) { zmq_disconnect(socket_, address.c_str()); }

std::string ZmqSocket::last_endpoint() const {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, text.data(), &size) != 0) return {};
  return text.data();
}

int ZmqSocket::descriptor() const {
  int fd = -1;
  std::size_t size = sizeof fd;
  zmq_getsockopt(socket_, ZMQ_FD, &fd, &size);
  return fd;
}

bool ZmqSocket::readable() const {
  int events = 0;
  std::size_t size = sizeof events;
  while (zmq_getsockopt(socket_, ZMQ_EVENTS, &events, &size) != 0)
    if (zmq_errno() != EINTR) return false;
  return (events & ZMQ_POLLIN) != 0;
}

bool ZmqSocket::receive(std::vector<std::string>& frames, std::string* user_id,
                        std::size_t frames_max) {
  frames.clear();
  for (bool more = true; more;) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, socket_, ZMQ_DONTWAIT) < 0) {
      zmq_msg_close(&message);
      return false;
    }
    if (frames.size() < frames_max)
      frames.emplace_back(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    else
      frames.resize(frames_max + 1);
    if (user_id != nullptr) {
      const char* id = zmq_msg_gets(&message, "User-Id");
      *user_id = id == nullptr ? "" : id;
    }
    more = zmq_msg_more(&message) != 0;
    zmq_msg_close(&message);
  }
  return true;
}

Result<void> ZmqSocket::send(const std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const int flags = ZMQ_DONTWAIT | (i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    while (zmq_send(socket_, frames[i].data(), frames[i].size(), flags) < 0)
      if (zmq_errno() != EINTR) return zmq_error("send");
  }
  return {};
}

Result<ZmqSocket> ZmqSocket::monitor(const ZmqContext& context, int events) {
  const std::string address = "inproc://monitor";  // one monitored socket a context
  if (zmq_socket_monitor(socket_, address.c_str(), events) != 0)
    return zmq_error("zmq_socket_monitor");
  ORCH_ASSIGN(ZmqSocket out, open(context, ZMQ_PAIR));
  ORCH_TRY(out.connect(address));
  return out;
}

bool ZmqSocket::receive_event(ZmqEvent& event) {
  std::vector<std::string> frames;
  if (!receive(frames, nullptr, 2)) return false;
  std::uint16_t number = 0;
  event = {};
  if (frames.size() < 2 || frames[0].size() < sizeof number + sizeof event.value) return true;
  std::memcpy(&number, frames[0].data(), sizeof number);
  std::memcpy(&event.value, frames[0].data() + sizeof number, sizeof event.value);
  event.event = number;
  event.endpoint = frames[1];
  return true;
}

Result<void> set_limits(ZmqSocket& socket) {
  ORCH_TRY(socket.set(ZMQ_MAXMSGSIZE,
                      static_cast<std::int64_t>(limits::kMessageBytesMax) + kOversizeSlackBytes));
  ORCH_TRY(socket.set(ZMQ_SNDHWM, kQueueMessagesMax));
  ORCH_TRY(socket.set(ZMQ_RCVHWM, kQueueMessagesMax));
  ORCH_TRY(socket.set(ZMQ_HANDSHAKE_IVL, kHandshakeMs));
  ORCH_TRY(socket.set(ZMQ_HEARTBEAT_IVL, kHeartbeatMs));
  ORCH_TRY(socket.set(ZMQ_HEARTBEAT_TIMEOUT, kHeartbeatTimeoutMs));
  return {};
}

}  // namespace orch::protocol
