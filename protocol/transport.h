#pragma once
// Messages between programs, as an interface with a real form (transport_zmq.h) and a simulated one
// (transport_simulated.h) under one contract suite. Datagram-like: a message arrives whole or not
// at all; the real form keeps order per peer and loses only what a broken connection held; callers
// repeat until acknowledged. Single-threaded: handlers run on the thread that drives the transport,
// never inside send().

#include <functional>
#include <string>

#include "base/result.h"
#include "protocol/keys.h"

namespace orch::protocol {

/// What the server side hears.
struct Incoming {
  std::string peer;           ///< opaque address for send(); dies with the peer's connection
  Role role = Role::kViewer;  ///< authenticated for this very message
  std::string key_name;       ///< which authorized key
  std::string bytes;
};

/// The coordinator's side: many peers.
class ServerTransport {
 public:
  using Handler = std::function<void(Incoming)>;
  virtual ~ServerTransport() = default;
  /// What clients connect to ("tcp://127.0.0.1:4711").
  virtual const std::string& address() const = 0;
  /// Set once, before the transport is driven.
  virtual void on_message(Handler handler) = 0;
  /// Queues a message. Errors: kInvalid over kMessageBytesMax; kUnavailable when the peer is gone
  /// or its queue is full (then the message is dropped: the peer asks again).
  virtual Result<void> send(const std::string& peer, std::string bytes) = 0;
};

/// A client's or worker's side: one server, reconnecting by itself.
class ClientTransport {
 public:
  using Handler = std::function<void(std::string bytes)>;
  virtual ~ClientTransport() = default;
  virtual void on_message(Handler handler) = 0;
  /// Errors: as ServerTransport::send; kUnavailable also while no server is connected (nothing is
  /// queued for an absent one: by the time it is back the message would be stale).
  virtual Result<void> send(std::string bytes) = 0;
};

}  // namespace orch::protocol
