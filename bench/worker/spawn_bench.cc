// Place → first instruction of a rank, in milliseconds: executed programs, forks of a small host,
// and forks of the warm orch-rank (up to the first frame it sends). One JSON line each.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/environment.h"
#include "base/process_host.h"
#include "base/process_runner.h"
#include "protocol/codec.h"
#include "protocol/rank_channel.h"

namespace orch {
namespace {

constexpr int kRounds = 100;

int first_instruction() {
  const std::int64_t now = SystemClock().now().time_since_epoch().count();
  return ::write(protocol::kRankChannelFd, &now, sizeof(now)) == sizeof(now) ? 0 : 1;
}

/// Waits until the rank is gone, so that rounds do not overlap.
void wait_for_end(HostProcessRunner& runner) {
  for (;;) {
    for (const ProcessEvent& event : runner.poll()) {
      if (event.kind != ProcessEvent::Kind::kStarted) return;
    }
    pollfd one{runner.descriptor(), POLLIN, 0};
    ::poll(&one, 1, 100);
  }
}

/// Milliseconds of one start; negative if the rank said nothing.
double one_start(HostProcessRunner& runner, std::uint64_t id, const std::vector<std::string>& argv,
                 const std::string& first_frame) {
  auto ends = protocol::make_rank_channel();
  if (!ends.ok()) return -1;
  SpawnRequest request;
  request.id = id;
  request.argv = argv;
  request.environment = {"PATH=/usr/bin:/bin"};
  request.channel = std::move(ends->second);
  request.log = FileDescriptor(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  const SystemClock clock;
  const TimePoint start = clock.now();
  if (!runner.spawn(std::move(request)).ok()) return -1;
  if (!first_frame.empty()) {
    (void)::send(ends->first.get(), first_frame.data(), first_frame.size(), MSG_NOSIGNAL);
  }
  char bytes[4096];
  const ssize_t n = ::read(ends->first.get(), bytes, sizeof(bytes));
  const TimePoint heard = clock.now();
  wait_for_end(runner);
  if (n <= 0) return -1;
  std::int64_t at = heard.time_since_epoch().count();
  if (first_frame.empty() && n == sizeof(at)) at = *reinterpret_cast<std::int64_t*>(bytes);
  return static_cast<double>(at - start.time_since_epoch().count()) / 1e6;
}

void measure(const char* name, const std::vector<std::string>& host,
             const std::vector<std::string>& argv, const std::string& first_frame) {
  auto runner = HostProcessRunner::open(host, {});
  if (!runner.ok()) {
    std::printf("{\"bench\":\"spawn\",\"form\":\"%s\",\"skipped\":\"no %s\"}\n", name,
                host[0].c_str());
    return;
  }
  std::vector<double> all;
  for (int round = 0; round <= kRounds; ++round) {
    const double ms = one_start(**runner, static_cast<std::uint64_t>(round + 1), argv, first_frame);
    if (round > 0 && ms >= 0) all.push_back(ms);  // the first waits for the host to be loaded
  }
  std::sort(all.begin(), all.end());
  if (all.empty()) return;
  std::printf(
      "{\"bench\":\"spawn\",\"form\":\"%s\",\"ranks\":%zu,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", name,
      all.size(), all[all.size() / 2], all[all.size() * 99 / 100]);
}

}  // namespace
}  // namespace orch

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "--first") return orch::first_instruction();
  if (what == "--host")
    return orch::run_process_host(orch::kHostControlFd, orch::first_instruction);
  const std::string here = orch::executable_directory();
  const std::string self = here + "/worker_spawn_bench";
  const std::string programs = here.substr(0, here.rfind('/')) + "/bin";
  orch::measure("exec", {self, "--host"}, {self, "--first"}, "");
  orch::measure("fork", {self, "--host"}, {}, "");
  orch::protocol::RankStart start;  // a task that does not exist: the rank answers at once
  start.id = {{orch::JobId{1}, "t"}, orch::Attempt{1}};
  start.spec = "version: 1\n";
  orch::measure("orch-rank", {programs + "/orch-rank", "--host"}, {},
                orch::protocol::make_frame(orch::protocol::encode(orch::protocol::ToRank(start))));
  return 0;
}
