#pragma once
// The real transport: ZeroMQ ROUTER (server, with CURVE, ZAP and socket monitor) and DEALER
// (client). Nothing here waits: a poller (poller_asio.h, or poll_and_drain() in tests and tools)
// watches descriptors() and calls drain(). Thread: the one that made it. zmq.h stays in the .cc.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/transport.h"

namespace orch::protocol {

/// Something with edge-triggered descriptors: after every wake-up, and after every send, drain()
/// until it says false.
class Drainable {
 public:
  virtual ~Drainable() = default;
  virtual std::vector<int> descriptors() const = 0;
  /// Messages handed over so far.
  virtual std::uint64_t handled() const = 0;
  /// Handles at most `messages_max` messages without blocking; true: there may be more.
  virtual bool drain(int messages_max) = 0;
  /// Called (never from inside drain()) when drain() should be called soon: a send may have
  /// consumed an edge.
  virtual void on_attention(std::function<void()> attention) = 0;
};

/// Counters of what the server refused; each is also a log line.
struct TransportRefusals {
  std::uint64_t unknown_keys = 0;  ///< ZAP said no
  std::uint64_t handshake_failures =
      0;                        ///< not ZMTP, not CURVE, wrong server key, cut off in between
  std::uint64_t oversize = 0;   ///< whole messages over kMessageBytesMax that still arrived
  std::uint64_t malformed = 0;  ///< wrong number of frames
  std::uint64_t connections_ended = 0;  ///< closed, or cut off: libzmq does not tell which
};

class ZmqServer : public ServerTransport, public Drainable {
 public:
  /// `address`: "tcp://127.0.0.1:0" picks a free port; address() tells it. Only keys in
  /// `authorized` are admitted. Errors: kUnavailable when the address is taken, kInternal.
  static Result<std::unique_ptr<ZmqServer>> open(const std::string& address, const KeyPair& keys,
                                                 std::vector<AuthorizedKey> authorized);
  /// Replaces who is admitted; live connections stay.
  virtual void set_authorized(std::vector<AuthorizedKey> authorized) = 0;
  virtual const TransportRefusals& refusals() const = 0;
};

class ZmqClient : public ClientTransport, public Drainable {
 public:
  /// Does not wait for the connection. Errors: kInvalid for a malformed address or key.
  static Result<std::unique_ptr<ZmqClient>> open(const std::string& address, const KeyPair& keys,
                                                 const std::string& server_public_key);
  /// Set when the server refused our key (kDenied), else empty. Cleared by a later success.
  virtual const std::string& refused() const = 0;
};

/// Waits until a descriptor of any of these wakes, at most `timeout`, and drains them all. For
/// programs without a loop.
void poll_and_drain(const std::vector<Drainable*>& all, Duration timeout);

}  // namespace orch::protocol
