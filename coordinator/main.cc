// orch-coordinator --home DIR [--listen tcp://HOST:PORT]

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/build.h"
#include "coordinator/shell.h"
#include "protocol/error_text.h"

namespace {

constexpr const char* kUsage =
    "usage: orch-coordinator --home DIR [--listen tcp://HOST:PORT]\n"
    "The brain of an Orch cluster. Started by `orchctl up`; SIGTERM ends it cleanly.\n";
/// Exit code when the control log cannot be written (EX_IOERR).
constexpr int kLogFailed = 74;

std::optional<orch::coordinator::ShellOptions> parse(int argc, char** argv) {
  orch::coordinator::ShellOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--home" && has_value) {
      options.home = argv[++i];
    } else if (argument == "--listen" && has_value) {
      options.listen = argv[++i];
    } else {
      return std::nullopt;
    }
  }
  if (options.home.empty()) return std::nullopt;
  options.pid = ::getpid();
  return options;
}

/// From the storage thread: nothing may be answered any more.
void end_at_once(const orch::Error& error) {
  std::fprintf(stderr, "%s",
               orch::protocol::error_text(
                   {error.code, "the control log cannot be written, ending: " + error.message,
                    "make room or repair the disk, then: orchctl up"})
                   .c_str());
  std::_Exit(kLogFailed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (argc == 2 && std::string(argv[1]) == "--version") {
    std::printf("orch-coordinator %s\n", orch::coordinator::build_text().c_str());
    return 0;
  }
  const auto options = parse(argc, argv);
  if (!options) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  orch::log_open("coordinator");
  const orch::SystemClock clock;
  boost::asio::io_context io(1);
  auto shell = orch::coordinator::Shell::open(*options, io, clock, end_at_once);
  if (!shell.ok()) {
    std::fputs(orch::protocol::error_text(shell.error()).c_str(), stderr);
    return orch::protocol::exit_code(shell.error().code);
  }
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    (*shell)->stop();
    io.stop();
  });
  io.run();
  shell->reset();  // waits until all that was accepted is on disk
  orch::log_info("stopped");
  return 0;
}
