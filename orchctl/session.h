#pragma once
// One connection to the coordinator, made when first asked, and the way errors reach the user. One
// thread.

#include <memory>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "orchctl/options.h"
#include "protocol/messages.h"

namespace orch::protocol {
class Client;
}

namespace orch::orchctl {

/// Prints `error: …` and `  try: …` to standard error (as a JSON object with -o json); returns the
/// exit code.
int fail(const Options& options, const Error& error);

class Session {
 public:
  explicit Session(const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sends one request, waits for its reply. Errors: kUnavailable when nobody answers within the
  /// timeout, and whatever the coordinator answered.
  Result<protocol::ClientReply> call(const protocol::ClientRequest& request);

  /// The same, and the reply must be of type T.
  template <typename T>
  Result<T> ask(const protocol::ClientRequest& request) {
    ORCH_ASSIGN(protocol::ClientReply reply, call(request));
    if (auto* wanted = std::get_if<T>(&reply)) return std::move(*wanted);
    return internal("the coordinator answered with another kind of reply than was asked for");
  }

  Result<protocol::ListReply> list(protocol::ListKind kind, const std::string& name = {}) {
    return ask<protocol::ListReply>(protocol::List{kind, name});
  }

  const Options& options() const { return options_; }
  const Clock& clock() const { return clock_; }

 private:
  const Options& options_;
  SystemClock clock_;
  std::unique_ptr<protocol::Client> client_;
};

/// True once Ctrl-C or SIGTERM came (after catch_interrupts).
bool interrupted();
void catch_interrupts();

}  // namespace orch::orchctl
