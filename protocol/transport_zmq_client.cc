#include <poll.h>
#include <zmq.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/limits.h"
#include "base/log.h"
#include "protocol/transport_zmq.h"
#include "protocol/zmq_socket.h"

namespace orch::protocol {
namespace {

constexpr int kReconnectMs = 50;
constexpr int kReconnectMsMax = 1000;
constexpr Duration kReconnectRefused = std::chrono::milliseconds(500);
constexpr int kDrainMessages = 256;

class DealerClient final : public ZmqClient {
 public:
  Result<void> start(const std::string& address, const KeyPair& keys,
                     const std::string& server_public_key) {
    if (!is_z85_key(server_public_key)) return invalid("the coordinator's public key is not Z85");
    ORCH_ASSIGN(dealer_, ZmqSocket::open(context_, ZMQ_DEALER));
    ORCH_TRY(set_limits(dealer_));
    ORCH_TRY(dealer_.set(ZMQ_CURVE_SERVERKEY, server_public_key));
    ORCH_TRY(dealer_.set(ZMQ_CURVE_PUBLICKEY, keys.public_key));
    ORCH_TRY(dealer_.set(ZMQ_CURVE_SECRETKEY, keys.secret_key));
    ORCH_TRY(dealer_.set(ZMQ_IMMEDIATE, 1));
    ORCH_TRY(dealer_.set(ZMQ_RECONNECT_IVL, kReconnectMs));
    ORCH_TRY(dealer_.set(ZMQ_RECONNECT_IVL_MAX, kReconnectMsMax));
    ORCH_ASSIGN(monitor_, dealer_.monitor(context_, ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                                        ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                                        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                                        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL));
    address_ = address;
    return dealer_.connect(address_);
  }

  void on_message(Handler handler) override { handler_ = std::move(handler); }
  void on_attention(std::function<void()> attention) override { attention_ = std::move(attention); }
  std::uint64_t handled() const override { return handled_; }
  const std::string& refused() const override { return refused_; }
  std::vector<int> descriptors() const override {
    return {dealer_.descriptor(), monitor_.descriptor()};
  }

  Result<void> send(std::string bytes) override {
    if (bytes.size() > limits::kMessageBytesMax)
      return invalid("a message of " + std::to_string(bytes.size()) + " bytes, at most " +
                     std::to_string(limits::kMessageBytesMax));
    if (is_broken_) reconnect();
    auto result = dealer_.send({std::move(bytes)});
    if (attention_) attention_();
    return result;
  }

  bool drain(int messages_max) override {
    while (monitor_.readable()) hear_monitor();
    int left = messages_max;
    std::vector<std::string> frames;
    while (dealer_.readable()) {
      if (left-- == 0) return true;
      if (!dealer_.receive(frames, nullptr, 1)) break;
      ++handled_;
      if (frames.size() == 1 && frames[0].size() <= limits::kMessageBytesMax && handler_)
        handler_(std::move(frames[0]));
    }
    return false;
  }

 private:
  /// libzmq reconnects after broken connections but never after a refused or garbled handshake.
  void reconnect() {
    if (clock_.now() - reconnected_ < kReconnectRefused) return;
    reconnected_ = clock_.now();
    is_broken_ = false;
    dealer_.disconnect(address_);
    if (const auto result = dealer_.connect(address_); !result.ok())
      log_warning("transport: " + result.error().message);
  }

  void hear_monitor() {
    ZmqEvent event;
    if (!monitor_.receive_event(event)) return;
    switch (event.event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        refused_.clear();
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        if (refused_.empty()) log_warning("transport: " + event.endpoint + " refused our key");
        is_broken_ = true;
        refused_ = "the coordinator at " + event.endpoint + " does not know our key";
        break;
      default:
        log_debug("transport: handshake with " + event.endpoint + " failed");
        break;
    }
  }

  ZmqContext context_;  // first: sockets close before it
  ZmqSocket dealer_, monitor_;
  SystemClock clock_;
  std::string address_;
  bool is_broken_ = false;
  TimePoint reconnected_{};
  Handler handler_;
  std::function<void()> attention_;
  std::string refused_;
  std::uint64_t handled_ = 0;
};

std::uint64_t handled_by(const std::vector<Drainable*>& all) {
  std::uint64_t sum = 0;
  for (const Drainable* one : all) sum += one->handled();
  return sum;
}

void drain_fully(const std::vector<Drainable*>& all) {
  for (Drainable* one : all)
    while (one->drain(kDrainMessages)) {
    }
}

}  // namespace

Result<std::unique_ptr<ZmqClient>> ZmqClient::open(const std::string& address, const KeyPair& keys,
                                                   const std::string& server_public_key) {
  auto client = std::make_unique<DealerClient>();
  ORCH_TRY(client->start(address, keys, server_public_key));
  return std::unique_ptr<ZmqClient>(std::move(client));
}

void poll_and_drain(const std::vector<Drainable*>& all, Duration timeout) {
  const std::uint64_t before = handled_by(all);
  drain_fully(all);  // edges: what is there already would not wake poll()
  if (handled_by(all) != before) return;
  std::vector<pollfd> fds;
  for (const Drainable* one : all)
    for (const int fd : one->descriptors()) fds.push_back({fd, POLLIN, 0});
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(std::max(timeout, Duration::zero()));
  if (poll(fds.data(), fds.size(), static_cast<int>(std::min<std::int64_t>(ms.count(), INT_MAX))) >
      0)
    drain_fully(all);
}

}  // namespace orch::protocol
