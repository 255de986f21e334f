#pragma once
// One server and its clients, over ZeroMQ or simulated, behind one driver for the contract suite.

#include <functional>
#include <memory>
#include <string>

#include "protocol/transport.h"

namespace orch::protocol {

/// A network under test. Thread: one.
class TransportWorld {
 public:
  virtual ~TransportWorld() = default;
  virtual void start_server(ServerTransport::Handler handler) = 0;
  virtual void stop_server() = 0;
  virtual ServerTransport& server() = 0;
  /// `name`: of the key.
  virtual std::unique_ptr<ClientTransport> connect(const std::string& name, Role role) = 0;
  /// Drives everything until `done` or until nothing can come any more (about 10 s of real time).
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

std::unique_ptr<TransportWorld> make_zmq_world();
std::unique_ptr<TransportWorld> make_simulated_world();

}  // namespace orch::protocol
