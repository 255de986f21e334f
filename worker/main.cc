// orch-worker: the daemon of a node, and (--host) the supervisor of its command ranks.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/log.h"
#include "base/process_host.h"
#include "protocol/error_text.h"
#include "worker/shell.h"

namespace {

constexpr char kUsage[] =
    "usage: orch-worker --home DIR --name NAME [--slots N] [--coordinator tcp://HOST:PORT]\n";

orch::Result<orch::worker::ShellOptions> parse(int argc, char** argv) {
  orch::worker::ShellOptions options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (i + 1 == argc) return orch::invalid(std::string(flag) + " needs a value");
    const std::string_view value = argv[i + 1];
    if (flag == "--home") {
      options.home = value;
    } else if (flag == "--name") {
      options.worker = value;
    } else if (flag == "--coordinator") {
      options.coordinator = value;
    } else if (flag == "--slots") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), options.slots);
      if (error != std::errc() || end != value.data() + value.size() || options.slots < 1) {
        return orch::invalid("--slots " + std::string(value) + ": a number from 1 was expected");
      }
    } else {
      return orch::invalid("unknown option " + std::string(flag));
    }
  }
  if (options.home.empty() || options.worker.empty()) {
    return orch::invalid("--home and --name are needed");
  }
  if (options.worker.find('/') != std::string::npos) {
    return orch::invalid("--name " + options.worker + ": a name has no slash");
  }
  options.programs_directory = orch::executable_directory();
  return options;
}

int fail(const orch::Error& error) {
  std::fputs(orch::protocol::error_text(error).c_str(), stderr);
  return orch::protocol::exit_code(error.code);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--host") {
    return orch::run_process_host(orch::kHostControlFd, {});
  }
  auto options = parse(argc, argv);
  if (!options.ok()) {
    std::fputs(kUsage, stderr);
    return fail(options.error());
  }
  std::signal(SIGPIPE, SIG_IGN);
  orch::log_open(options->worker);
  boost::asio::io_context io(1);
  const orch::SystemClock clock;
  auto shell = orch::worker::Shell::open(*options, io, clock);
  if (!shell.ok()) return fail(shell.error());
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code&, int) {
    orch::log_info("leaving: all ranks end");
    io.stop();
  });
  io.run();
  return 0;
}
