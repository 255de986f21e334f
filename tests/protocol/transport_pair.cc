#include "tests/protocol/transport_pair.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/file.h"
#include "protocol/transport_simulated.h"
#include "protocol/transport_zmq.h"

namespace orch::protocol {
namespace {

using namespace std::chrono_literals;

class ZmqWorld final : public TransportWorld {
 public:
  ZmqWorld() {
    server_keys_ = *make_key_pair();
    for (const auto& [name, role] : std::map<std::string, Role>{
             {"admin", Role::kAdmin}, {"worker", Role::kWorker}, {"viewer", Role::kViewer}}) {
      keys_[name] = *make_key_pair();
      authorized_.push_back({name, role, keys_[name].public_key});
    }
  }
  void start_server(ServerTransport::Handler handler) override {
    auto server = ZmqServer::open(address_, server_keys_, authorized_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    server_->on_message(std::move(handler));
    address_ = server_->address();  // the same port after a restart
  }
  void stop_server() override { server_.reset(); }
  ServerTransport& server() override { return *server_; }

  std::unique_ptr<ClientTransport> connect(const std::string& name, Role) override {
    auto client = ZmqClient::open(address_, keys_.at(name), server_keys_.public_key);
    EXPECT_TRUE(client.ok());
    clients_.push_back(client->get());
    return std::make_unique<Registered>(*this, std::move(*client));
  }

  bool run_until(const std::function<bool()>& done) override {
    const SystemClock clock;
    const TimePoint end = clock.now() + 10s;
    while (!done() && clock.now() < end) {
      std::vector<Drainable*> all(clients_.begin(), clients_.end());
      if (server_) all.push_back(server_.get());
      poll_and_drain(all, 5ms);
    }
    return done();
  }

 private:
  /// Leaves the world's list when the test drops it.
  class Registered final : public ClientTransport {
   public:
    Registered(ZmqWorld& world, std::unique_ptr<ZmqClient> client)
        : world_(world), client_(std::move(client)) {}
    ~Registered() override { std::erase(world_.clients_, client_.get()); }
    void on_message(Handler handler) override { client_->on_message(std::move(handler)); }
    Result<void> send(std::string bytes) override { return client_->send(std::move(bytes)); }

   private:
    ZmqWorld& world_;
    std::unique_ptr<ZmqClient> client_;
  };

  std::string address_ = "tcp://127.0.0.1:0";
  KeyPair server_keys_;
  std::map<std::string, KeyPair> keys_;
  std::vector<AuthorizedKey> authorized_;
  std::unique_ptr<ZmqServer> server_;
  std::vector<ZmqClient*> clients_;
};

class SimulatedWorld final : public TransportWorld {
 public:
  void start_server(ServerTransport::Handler handler) override {
    server_ = network_.listen("tcp://simulated:1");
    server_->on_message(std::move(handler));
  }
  void stop_server() override { server_.reset(); }
  ServerTransport& server() override { return *server_; }
  std::unique_ptr<ClientTransport> connect(const std::string& name, Role role) override {
    return network_.connect("tcp://simulated:1", name, role);
  }
  bool run_until(const std::function<bool()>& done) override {
    while (!done() && network_.next_delivery()) {
      clock_.advance_to(std::max(clock_.now(), *network_.next_delivery()));
      network_.deliver_one();
    }
    return done();
  }

 private:
  SimulatedClock clock_;
  SeededRandom random_{7};
  SimulatedNetwork network_{clock_, random_};
  std::unique_ptr<ServerTransport> server_;
};

}  // namespace

std::unique_ptr<TransportWorld> make_zmq_world() { return std::make_unique<ZmqWorld>(); }
std::unique_ptr<TransportWorld> make_simulated_world() {
  return std::make_unique<SimulatedWorld>();
}

}  // namespace orch::protocol
