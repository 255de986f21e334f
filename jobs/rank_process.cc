#include "jobs/rank_process.h"

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "jobs/rank_link.h"
#include "jobs/tasks.h"
#include "protocol/error_text.h"
#include "protocol/rank_channel.h"

namespace orch::jobs {
namespace {

/// What LibTorch or the allocator throw becomes a failure with words.
Result<void> run_guarded(const Clock& clock, RankLink& link) {
  try {
    return run_task(clock, link);
  } catch (const std::bad_alloc&) {
    link.fail_as(protocol::Failure::kOutOfMemory);
    return internal("out of memory", "fewer threads, a smaller window or smaller shards need less");
  } catch (const std::exception& exception) {
    return internal(std::string("exception: ") + exception.what());
  }
}

}  // namespace

int run_rank_process() {
  std::signal(SIGPIPE, SIG_IGN);
  Result<RankLink> link = RankLink::open(FileDescriptor(protocol::kRankChannelFd));
  if (!link.ok()) {
    std::fputs(protocol::error_text(link.error()).c_str(), stderr);
    return protocol::exit_code(link.error().code);
  }
  log_open("rank " + std::to_string(link->rank()));
  const SystemClock clock;
  const Result<void> done = run_guarded(clock, *link);
  if (done.ok()) return 0;
  std::fputs(protocol::error_text(done.error()).c_str(), stderr);
  link->failed(done.error());
  return protocol::exit_code(done.error().code) == 2 ? 2 : 1;
}

}  // namespace orch::jobs
