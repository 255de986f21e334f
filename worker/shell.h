#pragma once
// The worker around its reactor: transport, timer, rank processes, files. Turns bytes, exits and
// time into events and effects into I/O; decides nothing. One thread (the io_context's) owns all of
// it; digests of out directories are computed on one background thread, which only posts back.

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace boost::asio {
class io_context;
}

namespace orch::worker {

struct ShellOptions {
  std::string home, worker;
  int slots = 0;            ///< 0: one a core
  std::string coordinator;  ///< empty: HOME/run/coordinator.json, read again when it changes
  std::string programs_directory;
};

class Shell {
 public:
  /// Takes the name (lock and pid file in HOME/run), kills leftovers, executes the process hosts,
  /// begins to register. Errors: kUnavailable when another daemon has the name; of keys and files.
  static Result<std::unique_ptr<Shell>> open(const ShellOptions& options,
                                             boost::asio::io_context& io, const Clock& clock);
  /// Ends all ranks and waits for that.
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

 private:
  class Parts;
  explicit Shell(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace orch::worker
