#pragma once
// The coordinator around its brain: sockets, storage threads, timer, roles. Turns bytes into events
// and effects into bytes; decides nothing. One thread (that of the io_context) owns all of it.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace boost::asio {
class io_context;
}

namespace orch::coordinator {

struct ShellOptions {
  std::string home;
  std::string listen;  ///< "": the address of the last time, else a free port of 127.0.0.1
  std::int64_t pid = 0;
};

class Shell {
 public:
  /// Takes the home (lock file), recovers, listens, writes run/coordinator.{json,pid}.
  /// `on_failure` is called from a storage thread when the control log cannot be written; it must
  /// end the process. Errors: kUnavailable when another coordinator has the home; of keys, stores.
  static Result<std::unique_ptr<Shell>> open(const ShellOptions& options,
                                             boost::asio::io_context& io, const Clock& clock,
                                             std::function<void(const Error&)> on_failure);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  const std::string& address() const;
  /// Clean stop: no more messages; a snapshot is queued. Destroying the shell waits for the disk.
  void stop();

 private:
  class Parts;
  explicit Shell(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace orch::coordinator
