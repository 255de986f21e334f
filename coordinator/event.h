#pragma once
// What can happen to the brain. The shell (or the simulation) makes these from bytes and timers.

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "protocol/messages.h"

namespace orch::coordinator {

/// Once, after replay, when the coordinator listens: silence counts from now.
struct Started {
  std::string build;
  std::int64_t pid = 0;
  std::string fresh_secret;  ///< taken if the log is new
};
/// Every kTickEvery.
struct Tick {
  std::uint64_t free_disk_bytes = ~std::uint64_t{0};
};
/// Whom to answer.
struct ClientKey {
  std::string peer;
  std::uint64_t number = 0;
  auto operator<=>(const ClientKey&) const = default;
};
struct FromClient {
  ClientKey client;
  protocol::ClientRequest request;
};
struct FromWorker {
  std::string peer;
  protocol::WorkerMessage message;
};

struct Event {
  WallTime at;  ///< for records; decisions use the TimePoint given to step()
  std::variant<Started, Tick, FromClient, FromWorker> what;
};

}  // namespace orch::coordinator
