#pragma once
// The simulated transport: a network inside one thread, driven by a SimulatedClock and one seed,
// with loss, delay, duplication, reordering and partitions. Delivers nothing by itself: the driver
// asks next_delivery() and calls deliver_one(), so that a run is a pure function of the seed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "protocol/transport.h"

namespace orch::protocol {

/// Probabilities per message. All zero: instant, in order, exactly once.
struct NetworkFaults {
  double loss = 0;
  double duplication = 0;
  double reordering = 0;  ///< the message may overtake earlier ones
  Duration delay_min{0};
  Duration delay_max{0};  ///< uniform in between
};

class SimulatedNetwork {
 public:
  /// Borrows both; they must outlive the network, the network its transports.
  SimulatedNetwork(const SimulatedClock& clock, Random& random);
  ~SimulatedNetwork();
  SimulatedNetwork(const SimulatedNetwork&) = delete;
  SimulatedNetwork& operator=(const SimulatedNetwork&) = delete;

  /// One server per address; destroying it is a crash: what is under way to it is lost, its peers'
  /// ids die.
  std::unique_ptr<ServerTransport> listen(const std::string& address);
  /// `name`: unique among living clients; appears as Incoming::key_name and in partition(). Works
  /// before the server is up: messages are then lost. A new client of an old name is a new peer.
  std::unique_ptr<ClientTransport> connect(const std::string& address, const std::string& name,
                                           Role role);

  void set_faults(const NetworkFaults& faults) { faults_ = faults; }
  /// Cuts or heals the wire of one client, both ways. What is under way when it is cut is lost.
  void partition(const std::string& client_name, bool cut);

  /// When the earliest message under way arrives; none: the network is quiet.
  std::optional<TimePoint> next_delivery() const;
  /// Hands over the earliest message whose time has come; false if none has.
  bool deliver_one();

  std::uint64_t messages_lost() const { return lost_; }

 private:
  class Server;
  class Client;
  struct Flight {
    std::string bytes;
    std::uint64_t client = 0;  ///< connection number
    bool to_server = false;
    std::uint64_t server = 0;  ///< incarnation that it was sent to or from; 0: none was up
  };
  Result<void> post(Flight flight);
  void fly(const Flight& flight);
  bool is_cut(std::uint64_t client) const;

  const SimulatedClock& clock_;
  Random& random_;
  NetworkFaults faults_;
  std::map<std::string, Server*> servers_;
  std::map<std::uint64_t, Client*> clients_;
  std::set<std::string> cut_;
  std::map<std::pair<TimePoint, std::uint64_t>, Flight>
      flights_;  ///< by arrival, then by order of sending
  std::map<std::pair<std::uint64_t, bool>, TimePoint>
      last_arrival_;  ///< per client and direction, for order
  std::uint64_t sequence_ = 0;
  std::uint64_t next_connection_ = 1;
  std::uint64_t next_server_ = 1;
  std::uint64_t lost_ = 0;
};

}  // namespace orch::protocol
