#include "protocol/transport_simulated.h"

#include <algorithm>

#include "base/limits.h"

namespace orch::protocol {
namespace {

std::string peer_name(std::uint64_t client, std::uint64_t server) {
  return "peer-" + std::to_string(client) + "-" + std::to_string(server);
}

Result<void> check_size(const std::string& bytes) {
  if (bytes.size() <= limits::kMessageBytesMax) return {};
  return invalid("a message of " + std::to_string(bytes.size()) + " bytes, at most " +
                 std::to_string(limits::kMessageBytesMax));
}

}  // namespace

class SimulatedNetwork::Server final : public ServerTransport {
 public:
  Server(SimulatedNetwork& network, std::string address, std::uint64_t number)
      : network_(network), address_(std::move(address)), number_(number) {}
  ~Server() override { network_.servers_.erase(address_); }
  const std::string& address() const override { return address_; }
  void on_message(Handler handler) override { handler_ = std::move(handler); }
  Result<void> send(const std::string& peer, std::string bytes) override;
  void hear(Incoming incoming) {
    if (handler_) handler_(std::move(incoming));
  }
  std::uint64_t number() const { return number_; }

 private:
  SimulatedNetwork& network_;
  std::string address_;
  std::uint64_t number_;
  Handler handler_;
};

class SimulatedNetwork::Client final : public ClientTransport {
 public:
  Client(SimulatedNetwork& network, std::string address, std::string name, Role role,
         std::uint64_t number)
      : network_(network),
        address_(std::move(address)),
        name_(std::move(name)),
        role_(role),
        number_(number) {}
  ~Client() override { network_.clients_.erase(number_); }
  void on_message(Handler handler) override { handler_ = std::move(handler); }
  Result<void> send(std::string bytes) override {
    ORCH_TRY(check_size(bytes));
    const auto it = network_.servers_.find(address_);
    if (it == network_.servers_.end()) return unavailable("no server at " + address_);
    last_server_ = it->second->number();
    return network_.post({std::move(bytes), number_, true, it->second->number()});
  }
  void hear(std::string bytes) {
    if (handler_) handler_(std::move(bytes));
  }
  const std::string& address() const { return address_; }
  const std::string& name() const { return name_; }
  Role role() const { return role_; }
  std::uint64_t last_server() const { return last_server_; }

 private:
  SimulatedNetwork& network_;
  std::string address_, name_;
  Role role_;
  std::uint64_t number_;
  std::uint64_t last_server_ = 0;
  Handler handler_;
};

Result<void> SimulatedNetwork::Server::send(const std::string& peer, std::string bytes) {
  ORCH_TRY(check_size(bytes));
  for (const auto& [number, client] : network_.clients_)
    if (client->last_server() == number_ && peer == peer_name(number, number_))
      return network_.post({std::move(bytes), number, false, number_});
  return unavailable("peer " + peer + " is gone");
}

SimulatedNetwork::SimulatedNetwork(const SimulatedClock& clock, Random& random)
    : clock_(clock), random_(random) {}

SimulatedNetwork::~SimulatedNetwork() {
  ORCH_CHECK(servers_.empty() && clients_.empty(), "a transport outlives its network");
}

std::unique_ptr<ServerTransport> SimulatedNetwork::listen(const std::string& address) {
  ORCH_CHECK(!servers_.contains(address), "two servers at %s", address.c_str());
  auto server = std::make_unique<Server>(*this, address, next_server_++);
  servers_[address] = server.get();
  return server;
}

std::unique_ptr<ClientTransport> SimulatedNetwork::connect(const std::string& address,
                                                           const std::string& name, Role role) {
  for (const auto& [number, client] : clients_)
    ORCH_CHECK(client->name() != name, "two clients named %s", name.c_str());
  const std::uint64_t number = next_connection_++;
  auto client = std::make_unique<Client>(*this, address, name, role, number);
  clients_[number] = client.get();
  return client;
}

void SimulatedNetwork::partition(const std::string& client_name, bool cut) {
  if (!cut) {
    cut_.erase(client_name);
    return;
  }
  cut_.insert(client_name);
  lost_ += std::erase_if(flights_, [&](const auto& entry) { return is_cut(entry.second.client); });
}

bool SimulatedNetwork::is_cut(std::uint64_t client) const {
  const auto it = clients_.find(client);
  return it != clients_.end() && cut_.contains(it->second->name());
}

Result<void> SimulatedNetwork::post(Flight flight) {
  // One draw a fault whether it strikes or not, so that changing a probability moves nothing else.
  const bool is_lost = random_.chance(faults_.loss);
  const bool is_doubled = random_.chance(faults_.duplication);
  if (is_lost || is_cut(flight.client)) {
    ++lost_;
    return {};
  }
  fly(flight);
  if (is_doubled) fly(flight);
  return {};
}

void SimulatedNetwork::fly(const Flight& flight) {
  const auto spread = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
  const Duration delay =
      faults_.delay_min + Duration(static_cast<Duration::rep>(random_.below(spread + 1)));
  TimePoint arrival = clock_.now() + delay;
  if (!random_.chance(faults_.reordering)) {
    TimePoint& last = last_arrival_[{flight.client, flight.to_server}];
    arrival = last = std::max(last, arrival);
  }
  flights_.emplace(std::pair(arrival, sequence_++), flight);
}

std::optional<TimePoint> SimulatedNetwork::next_delivery() const {
  if (flights_.empty()) return std::nullopt;
  return flights_.begin()->first.first;
}

bool SimulatedNetwork::deliver_one() {
  if (flights_.empty() || flights_.begin()->first.first > clock_.now()) return false;
  Flight flight = std::move(flights_.begin()->second);
  flights_.erase(flights_.begin());
  const auto client = clients_.find(flight.client);
  if (client == clients_.end()) {
    ++lost_;
    return true;
  }
  const auto server = servers_.find(client->second->address());
  // A message belongs to one connection: it does not reach the server's next incarnation, nor come
  // from an earlier one.
  if (server == servers_.end() || server->second->number() != flight.server) {
    ++lost_;
    return true;
  }
  if (flight.to_server)
    server->second->hear({peer_name(flight.client, flight.server), client->second->role(),
                          client->second->name(), std::move(flight.bytes)});
  else
    client->second->hear(std::move(flight.bytes));
  return true;
}

}  // namespace orch::protocol
