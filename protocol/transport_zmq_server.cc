#include <arpa/inet.h>
#include <sys/socket.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "protocol/transport_zmq.h"
#include "protocol/zmq_socket.h"

namespace orch::protocol {
namespace {

constexpr const char* kZapAddress = "inproc://zeromq.zap.01";  // fixed by ZeroMQ RFC 27
constexpr const char* kZapDomain = "orch";
constexpr std::size_t kZapFrames = 7;
constexpr double kLogBurst = 100;
constexpr double kLogsPerSecond = 1;

/// Lines about one kind of refusal: a flood must not fill the disk, and one refusal after hours of
/// ordinary traffic must be seen. Thread: one.
class LogBudget {
 public:
  /// True if a line may be written now; it counts then.
  bool take(TimePoint now) {
    const std::chrono::duration<double> since = now - last_;
    last_ = now;
    left_ = std::min(kLogBurst, left_ + since.count() * kLogsPerSecond);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_ = kLogBurst;
  TimePoint last_{};
};

/// "127.0.0.1:4711". The descriptor is libzmq's and may be closed already: only good for log lines.
std::string peer_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  std::array<char, INET_ADDRSTRLEN> text{};
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      address.sin_family != AF_INET ||
      inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size()) == nullptr)
    return "an unknown peer";
  return std::string(text.data()) + ":" + std::to_string(ntohs(address.sin_port));
}

class Server final : public ZmqServer {
 public:
  Result<void> start(const std::string& address, const KeyPair& keys,
                     std::vector<AuthorizedKey> authorized) {
    set_authorized(std::move(authorized));
    // The ZAP handler first: without one libzmq would admit every key.
    ORCH_ASSIGN(zap_, ZmqSocket::open(context_, ZMQ_REP));
    ORCH_TRY(zap_.bind(kZapAddress));
    ORCH_ASSIGN(router_, ZmqSocket::open(context_, ZMQ_ROUTER));
    ORCH_TRY(set_limits(router_));
    ORCH_TRY(router_.set(ZMQ_ROUTER_MANDATORY, 1));
    ORCH_TRY(router_.set(ZMQ_CURVE_SERVER, 1));
    ORCH_TRY(router_.set(ZMQ_CURVE_SECRETKEY, keys.secret_key));
    ORCH_TRY(router_.set(ZMQ_ZAP_DOMAIN, std::string(kZapDomain)));
    ORCH_ASSIGN(monitor_,
                router_.monitor(context_, ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                              ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                              ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_ACCEPTED |
                                              ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_DISCONNECTED));
    ORCH_TRY(router_.bind(address));
    address_ = router_.last_endpoint();
    return {};
  }

  const std::string& address() const override { return address_; }
  void on_message(Handler handler) override { handler_ = std::move(handler); }
  void on_attention(std::function<void()> attention) override { attention_ = std::move(attention); }
  std::uint64_t handled() const override { return handled_; }
  const TransportRefusals& refusals() const override { return refusals_; }
  std::vector<int> descriptors() const override {
    return {router_.descriptor(), zap_.descriptor(), monitor_.descriptor()};
  }

  void set_authorized(std::vector<AuthorizedKey> authorized) override {
    authorized_.clear();
    for (auto& key : authorized) {
      const std::string public_key = key.public_key;
      authorized_.insert_or_assign(public_key, std::move(key));
    }
  }

  Result<void> send(const std::string& peer, std::string bytes) override {
    if (bytes.size() > limits::kMessageBytesMax)
      return invalid("a message of " + std::to_string(bytes.size()) + " bytes, at most " +
                     std::to_string(limits::kMessageBytesMax));
    auto result = router_.send({peer, std::move(bytes)});
    if (attention_) attention_();
    return result;
  }

  bool drain(int messages_max) override {
    while (zap_.readable()) answer_zap();
    while (monitor_.readable()) hear_monitor();
    int left = messages_max;
    while (router_.readable()) {
      if (left-- == 0) return true;
      hear_peer();
    }
    return false;
  }

 private:
  /// Request: version, request id, domain, address, identity, mechanism, credentials (RFC 27).
  void answer_zap() {
    std::vector<std::string> request;
    if (!zap_.receive(request, nullptr, kZapFrames)) return;
    const bool is_curve = request.size() == kZapFrames && request[0] == "1.0" &&
                          request[2] == kZapDomain && request[5] == "CURVE" &&
                          request[6].size() == 32;
    const std::string key = is_curve ? z85_encode_key(request[6]) : "";
    const auto it = authorized_.find(key);
    const std::string id = request.size() > 1 ? request[1] : "";
    if (is_curve && it != authorized_.end()) {
      const std::string user = std::string(role_name(it->second.role)) + "/" + it->second.name;
      answer({"1.0", id, "200", "OK", user, ""});
      return;
    }
    ++refusals_.unknown_keys;
    if (key_lines_.take(clock_.now()))
      log_warning("transport: refused unknown key " + (is_curve ? key : "(not CURVE)") + " from " +
                  (request.size() > 3 ? request[3] : "?") +
                  " count=" + std::to_string(refusals_.unknown_keys));
    answer({"1.0", id, "400", "unknown key", "", ""});
  }

  void answer(const std::vector<std::string>& reply) {
    if (const auto result = zap_.send(reply); !result.ok())
      log_error("transport: ZAP answer: " + result.error().message);
  }

  void hear_monitor() {
    ZmqEvent event;
    if (!monitor_.receive_event(event)) return;
    switch (event.event) {
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        ++refusals_.handshake_failures;
        if (handshake_lines_.take(clock_.now()))
          log_warning("transport: handshake failed at " + event.endpoint +
                      ", not a peer of ours or cut off: code=" + std::to_string(event.value) +
                      " count=" + std::to_string(refusals_.handshake_failures));
        return;
      case ZMQ_EVENT_ACCEPT_FAILED:
        if (accept_lines_.take(clock_.now()))
          log_error("transport: accept failed at " + event.endpoint + ": " +
                    zmq_strerror(static_cast<int>(event.value)));
        return;
      case ZMQ_EVENT_ACCEPTED:
        peers_[event.value] = peer_of(static_cast<int>(event.value));
        return;
      case ZMQ_EVENT_DISCONNECTED:
        ++refusals_.connections_ended;
        if (end_lines_.take(clock_.now()))
          log_info("transport: the connection from " + peers_[event.value] +
                   " ended: closed by the peer, or cut off for no handshake, silence, or a message "
                   "over " +
                   std::to_string(limits::kMessageBytesMax) +
                   " bytes; count=" + std::to_string(refusals_.connections_ended));
        peers_.erase(event.value);
        return;
      default:
        return;  // HANDSHAKE_FAILED_AUTH: ZAP has logged it
    }
  }

  void hear_peer() {
    std::vector<std::string> frames;
    std::string user;
    if (!router_.receive(frames, &user, 2)) return;
    const std::size_t slash = user.find('/');
    const auto role = role_from_name(user.substr(0, slash));
    if (!role || slash == std::string::npos || frames.size() != 2) {
      ++refusals_.malformed;
      if (message_lines_.take(clock_.now()))
        log_warning("transport: dropped a message of the wrong number of frames from " + user);
      return;
    }
    if (frames[1].size() > limits::kMessageBytesMax) {
      ++refusals_.oversize;
      if (message_lines_.take(clock_.now()))
        log_warning("transport: refused a message of " + std::to_string(frames[1].size()) +
                    " bytes from " + user + ", at most " +
                    std::to_string(limits::kMessageBytesMax));
      return;
    }
    ++handled_;
    if (handler_)
      handler_({std::move(frames[0]), *role, user.substr(slash + 1), std::move(frames[1])});
  }

  ZmqContext context_;  // first: sockets close before it
  ZmqSocket zap_, router_, monitor_;
  std::string address_;
  std::map<std::string, AuthorizedKey> authorized_;
  Handler handler_;
  std::function<void()> attention_;
  TransportRefusals refusals_;
  const SystemClock clock_;
  LogBudget key_lines_, handshake_lines_, accept_lines_, end_lines_, message_lines_;
  std::map<std::uint32_t, std::string> peers_;  ///< by descriptor, for log lines
  std::uint64_t handled_ = 0;
};

}  // namespace

Result<std::unique_ptr<ZmqServer>> ZmqServer::open(const std::string& address, const KeyPair& keys,
                                                   std::vector<AuthorizedKey> authorized) {
  auto server = std::make_unique<Server>();
  ORCH_TRY(server->start(address, keys, std::move(authorized)));
  return std::unique_ptr<ZmqServer>(std::move(server));
}

}  // namespace orch::protocol
