#pragma once
// Drives a Drainable (the ZeroMQ transport) from a boost::asio io_context. The one place that knows
// that ZeroMQ's descriptor is edge-triggered: drain without blocking, only then wait; look again
// after each send. Thread: the io_context's. Destroy before the transport and before the
// io_context.

#include <memory>

namespace boost::asio {
class io_context;
}

namespace orch::protocol {

class Drainable;

class AsioPoller {
 public:
  /// Starts at once: the first drain runs inside io_context::run(). Borrows both.
  AsioPoller(boost::asio::io_context& io, Drainable& transport);
  ~AsioPoller();
  AsioPoller(const AsioPoller&) = delete;
  AsioPoller& operator=(const AsioPoller&) = delete;

 private:
  struct Loop;
  std::shared_ptr<Loop>
      loop_;  ///< shared with pending handlers, which may run after this object is gone
};

}  // namespace orch::protocol
