#include "coordinator/shell.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "coordinator/brain.h"
#include "coordinator/build.h"
#include "coordinator/home_lock.h"
#include "coordinator/lanes.h"
#include "coordinator/roles.h"
#include "coordinator/timing.h"
#include "protocol/client.h"
#include "protocol/codec.h"
#include "protocol/keys.h"
#include "protocol/poller_asio.h"
#include "protocol/transport_zmq.h"
#include "storage/control_log_store.h"

namespace orch::coordinator {
namespace {

constexpr const char* kAnyPort = "tcp://127.0.0.1:0";
/// The disk is asked once in so many ticks.
constexpr int kTicksPerDiskCheck = 20;

Result<std::unique_ptr<protocol::ZmqServer>> listen(const ShellOptions& options) {
  ORCH_TRY(protocol::ensure_keys(options.home));
  ORCH_ASSIGN(const auto keys, protocol::read_key_pair(options.home, "coordinator"));
  ORCH_ASSIGN(const auto authorized, protocol::read_authorized_keys(options.home));
  if (!options.listen.empty()) {
    return protocol::ZmqServer::open(options.listen, keys, authorized);
  }
  // The same port as the last time, so that workers and clients find us again.
  if (const auto last = protocol::read_coordinator_address(options.home); last.ok()) {
    auto server = protocol::ZmqServer::open(last->address, keys, authorized);
    if (server.ok()) return server;
    log_warning("cannot listen where I did the last time, taking a free port: " +
                server.error().message);
  }
  return protocol::ZmqServer::open(kAnyPort, keys, authorized);
}

}  // namespace

class Shell::Parts {
 public:
  Parts(const ShellOptions& options, boost::asio::io_context& io, const Clock& clock)
      : options_(options), io_(io), clock_(clock), timer_(io) {}

  Result<void> open(std::function<void(const Error&)> on_failure) {
    ORCH_ASSIGN(lock_, lock_home(options_.home));
    const auto post = [this](std::function<void()> f) { boost::asio::post(io_, std::move(f)); };
    ORCH_ASSIGN(auto facts, storage::open_rocksdb(options_.home + "/control"));
    log_ =
        std::make_unique<storage::ControlLogStore>(std::move(facts), post, std::move(on_failure));
    ORCH_ASSIGN(auto measures, storage::open_rocksdb(options_.home + "/metrics"));
    ORCH_ASSIGN(brain_, Brain::recover({{options_.home}}, *log_, clock_,
                                       [this](const Effects& effects) { release(effects); }));
    ORCH_ASSIGN(server_, listen(options_));
    lanes_ = std::make_unique<Lanes>(
        std::make_unique<storage::MetricsStore>(std::move(measures)), post, *brain_,
        [this](const std::string& peer, protocol::CoordinatorMessage message) {
          send(peer, protocol::encode(message));
        },
        [this](const ClientKey& client, protocol::ClientReply reply) {
          answer(client, std::move(reply));
        });
    server_->on_message([this](protocol::Incoming incoming) { receive(std::move(incoming)); });
    poller_ = std::make_unique<protocol::AsioPoller>(io_, *server_);
    brain_->handle(Started{build_text(), options_.pid, random_hex(32)});
    ORCH_TRY(
        protocol::write_coordinator_address(options_.home, {server_->address(), options_.pid}));
    ORCH_TRY(write_file_atomic(pid_path(), std::to_string(options_.pid) + "\n"));
    log_info("listening on " + server_->address() + ", " +
             std::to_string(brain_->state().jobs.size()) + " jobs, log position " +
             std::to_string(brain_->state().position.value));
    tick();
    return {};
  }

  void stop() {
    if (stopped_) return;
    stopped_ = true;
    timer_.cancel();
    poller_.reset();
    server_.reset();
    brain_->save_snapshot();
    (void)remove_tree(pid_path());
  }

  const std::string& address() const { return server_->address(); }

 private:
  std::string pid_path() const { return options_.home + "/run/coordinator.pid"; }

  void tick() {
    if (stopped_) return;
    if (ticks_++ % kTicksPerDiskCheck == 0) {
      const auto free = free_disk_bytes(options_.home);
      if (free.ok()) free_disk_bytes_ = *free;
    }
    brain_->handle(Tick{free_disk_bytes_});
    timer_.expires_after(kTickEvery);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) tick();
    });
  }

  void receive(protocol::Incoming incoming) {
    if (incoming.role == protocol::Role::kWorker) {
      receive_worker(incoming);
    } else {
      receive_client(incoming);
    }
  }

  void receive_worker(const protocol::Incoming& incoming) {
    auto message = protocol::decode_worker_message(incoming.bytes);
    if (!message.ok()) {
      return log_warning("refused a message of worker key " + incoming.key_name + ": " +
                         message.error().message);
    }
    if (lanes_->take(incoming.peer, *message)) return;
    brain_->handle(FromWorker{incoming.peer, std::move(*message)});
  }

  void receive_client(const protocol::Incoming& incoming) {
    auto request = protocol::decode_client_request(incoming.bytes);
    if (!request.ok()) {
      log_warning("refused a message of key " + incoming.key_name + ": " + request.error().message);
      return answer({incoming.peer, 0}, protocol::ErrorReply{request.error()});
    }
    const ClientKey client{incoming.peer, request->number};
    if (const auto* hello = std::get_if<protocol::Hello>(&request->request)) {
      return greet(client, *hello);
    }
    if (!may_ask(incoming.role, request->request)) {
      return answer(client, protocol::ErrorReply{denied(
                                "the key " + incoming.key_name + " has the role " +
                                protocol::role_name(incoming.role) + ", which may not do this")});
    }
    if (lanes_->take(client, request->request)) return;
    brain_->handle(FromClient{client, std::move(request->request)});
  }

  void greet(const ClientKey& client, const protocol::Hello& hello) {
    if (hello.version != protocol::kProtocolVersion) {
      return answer(client,
                    protocol::ErrorReply{conflict(
                        "this client speaks protocol version " + std::to_string(hello.version) +
                            ", the coordinator " + std::to_string(protocol::kProtocolVersion),
                        "install the same version of Orch on both")});
    }
    answer(client, protocol::HelloReply{protocol::kProtocolVersion, build_text(),
                                        server_->address(), options_.pid});
  }

  void release(const Effects& effects) {
    if (stopped_) return;
    for (const ToWorker& out : effects.to_workers) {
      send(out.peer, protocol::encode(out.message));
    }
    for (const ToClient& out : effects.to_clients) answer(out.client, out.reply);
  }

  void answer(const ClientKey& client, protocol::ClientReply reply) {
    send(client.peer, protocol::encode(protocol::NumberedReply{client.number, std::move(reply)}));
  }

  void send(const std::string& peer, std::string bytes) {
    if (stopped_) return;
    // A peer that is gone asks again when it is back; workers are repeated to.
    const auto sent = server_->send(peer, std::move(bytes));
    if (!sent.ok()) log_debug("not sent: " + sent.error().message);
  }

  const ShellOptions options_;
  boost::asio::io_context& io_;
  const Clock& clock_;
  FileDescriptor lock_;
  std::unique_ptr<storage::ControlLogStore> log_;
  std::unique_ptr<Brain> brain_;
  std::unique_ptr<protocol::ZmqServer> server_;
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<protocol::AsioPoller> poller_;
  boost::asio::steady_timer timer_;
  std::uint64_t free_disk_bytes_ = ~std::uint64_t{0};
  int ticks_ = 0;
  bool stopped_ = false;
};

Shell::Shell(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Shell::~Shell() = default;

Result<std::unique_ptr<Shell>> Shell::open(const ShellOptions& options, boost::asio::io_context& io,
                                           const Clock& clock,
                                           std::function<void(const Error&)> on_failure) {
  auto parts = std::make_unique<Parts>(options, io, clock);
  ORCH_TRY(parts->open(std::move(on_failure)));
  return std::unique_ptr<Shell>(new Shell(std::move(parts)));
}

const std::string& Shell::address() const { return parts_->address(); }
void Shell::stop() { parts_->stop(); }

}  // namespace orch::coordinator
