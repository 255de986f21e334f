#pragma once
// A ZeroMQ context and socket with an owner, errors as values and frames as strings. Everything is
// non-blocking. zmq.h stays in .cc files, so options are plain ints. Internal to the transport.
// Thread: one.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace orch::protocol {

class ZmqContext {
 public:
  ZmqContext();
  ~ZmqContext();
  ZmqContext(const ZmqContext&) = delete;
  ZmqContext& operator=(const ZmqContext&) = delete;
  void* get() const { return context_; }

 private:
  void* context_;
};

/// What a socket monitor said.
struct ZmqEvent {
  int event = 0;
  std::uint32_t value = 0;
  std::string endpoint;
};

class ZmqSocket {
 public:
  /// Errors: kInternal (out of descriptors). Lifetime: the context must outlive it.
  static Result<ZmqSocket> open(const ZmqContext& context, int type);
  ZmqSocket() = default;
  ~ZmqSocket();
  ZmqSocket(ZmqSocket&& other) noexcept : socket_(other.socket_) { other.socket_ = nullptr; }
  ZmqSocket& operator=(ZmqSocket&& other) noexcept;

  Result<void> set(int option, int value);
  Result<void> set(int option, std::int64_t value);
  Result<void> set(int option, const std::string& value);
  Result<void> bind(const std::string& address);
  Result<void> connect(const std::string& address);
  /// Undoes connect(); no connection is no error.
  void disconnect(const std::string& address);
  /// The address after bind, with the port that was picked.
  std::string last_endpoint() const;

  int descriptor() const;
  /// Reads ZMQ_EVENTS, which also lets ZeroMQ work: the edge is consumed.
  bool readable() const;
  /// The next message if there is one. Frames beyond `frames_max` are dropped and make the result
  /// longer by one empty frame, so that the caller sees that there were too many. `user_id`: ZAP's
  /// User-Id of the last frame.
  bool receive(std::vector<std::string>& frames, std::string* user_id, std::size_t frames_max);
  /// Errors: kUnavailable when no peer can take it now.
  Result<void> send(const std::vector<std::string>& frames);

  /// Starts a monitor of this socket for `events` and returns the socket that hears it.
  Result<ZmqSocket> monitor(const ZmqContext& context, int events);
  /// The next event of a monitor's socket.
  bool receive_event(ZmqEvent& event);

 private:
  explicit ZmqSocket(void* socket) : socket_(socket) {}
  void close();
  void* socket_ = nullptr;
};

/// What CURVE sockets of both sides have in common: limits, linger, heartbeats, handshake time.
Result<void> set_limits(ZmqSocket& socket);

}  // namespace orch::protocol
