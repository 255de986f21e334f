#pragma once
// A small blocking client for orchctl and the dashboard: one request at a time, no event loop.
// Thread: one.

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "protocol/messages.h"

namespace orch::protocol {

class ZmqClient;

/// HOME/run/coordinator.json: where the local coordinator listens.
struct CoordinatorAddress {
  std::string address;  ///< tcp://HOST:PORT
  std::int64_t pid = 0;
};
/// Errors: kUnavailable without the file ("no coordinator of HOME", try: orchctl up), kCorrupt.
Result<CoordinatorAddress> read_coordinator_address(const std::string& home);
/// Atomic; mode 0600.
Result<void> write_coordinator_address(const std::string& home, const CoordinatorAddress& address);

class Client {
 public:
  /// Connects with the key `key_name` of `home` and says hello. `address` empty: the local
  /// coordinator of `home`. Errors: kUnavailable when nobody answers in time, kDenied when the key
  /// is refused, kConflict when the protocol versions differ, kNotFound without keys.
  static Result<Client> connect(const std::string& home, const std::string& address,
                                Duration timeout, const std::string& key_name = "admin");
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Sends and waits for the reply of that very request. What can be repeated without harm (reads,
  /// submissions with a request id) is sent again each second, so a coordinator may restart
  /// meanwhile. An ErrorReply comes back as the error. Errors: also kUnavailable after `timeout`;
  /// kCorrupt.
  Result<ClientReply> call(const ClientRequest& request, Duration timeout);

  /// What the coordinator said at connect().
  const HelloReply& hello() const { return hello_; }

 private:
  Client(std::unique_ptr<ZmqClient> transport, std::string address);
  std::unique_ptr<ZmqClient> transport_;
  std::string address_;
  HelloReply hello_;
  std::uint64_t next_number_ = 1;
};

}  // namespace orch::protocol
