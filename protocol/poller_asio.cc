#include "protocol/poller_asio.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <vector>

#include "protocol/transport_zmq.h"

namespace orch::protocol {
namespace {

constexpr int kMessagesAtOnce = 64;  // then other handlers of the loop get their turn

}  // namespace

struct AsioPoller::Loop : std::enable_shared_from_this<AsioPoller::Loop> {
  struct Watch {
    boost::asio::posix::stream_descriptor descriptor;
    bool is_armed = false;
  };

  Loop(boost::asio::io_context& io_, Drainable& transport_) : io(io_), transport(&transport_) {
    for (const int fd : transport->descriptors())
      watches.push_back({boost::asio::posix::stream_descriptor(io, fd), false});
  }

  /// Runs drain() from the loop, never from inside a send.
  void schedule() {
    if (is_scheduled || transport == nullptr) return;
    is_scheduled = true;
    boost::asio::post(io, [self = shared_from_this()] {
      self->is_scheduled = false;
      self->drain();
    });
  }

  void drain() {
    if (transport == nullptr) return;
    // Only when drain() says that nothing is left does the descriptor's next edge mean something.
    const bool more = transport->drain(kMessagesAtOnce);
    if (transport == nullptr) return;  // a handler destroyed the poller
    if (more) return schedule();
    for (auto& watch : watches) arm(watch);
  }

  void arm(Watch& watch) {
    if (watch.is_armed) return;
    watch.is_armed = true;
    watch.descriptor.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [self = shared_from_this(), &watch](const boost::system::error_code& error) {
          watch.is_armed = false;
          if (!error) self->drain();
        });
  }

  void stop() {
    if (transport != nullptr) transport->on_attention({});
    transport = nullptr;
    for (auto& watch : watches) watch.descriptor.release();  // ZeroMQ owns and closes them
  }

  boost::asio::io_context& io;
  Drainable* transport;  ///< null after stop()
  std::vector<Watch> watches;
  bool is_scheduled = false;
};

AsioPoller::AsioPoller(boost::asio::io_context& io, Drainable& transport)
    : loop_(std::make_shared<Loop>(io, transport)) {
  transport.on_attention([loop = std::weak_ptr(loop_)] {
    if (const auto alive = loop.lock()) alive->schedule();
  });
  loop_->schedule();
}

AsioPoller::~AsioPoller() { loop_->stop(); }

}  // namespace orch::protocol
