#pragma once
// The parent of ranks: a single-threaded process that a worker (or `orch-tool run`) executes and
// talks to over a Unix socket. It starts processes by exec, or by fork of itself (so that a loaded
// LibTorch is inherited), and sees to it that nothing outlives its end: when the socket closes,
// however the other side died, every descendant is killed.
//
//   worker ── control socket ── host ──┬── keeper ── rank ── whatever the rank starts
//                                      └── keeper ── rank
// A keeper is a forked, tiny sub-reaper for one rank: descendants that lose their parent (double
// forks, new sessions) become its children, so it knows which rank they belong to; it reports the
// rank's end after it has killed them all. It dies with the host, the rank with it.

#include <functional>

namespace orch {

/// Descriptor that a host finds its control socket at.
inline constexpr int kHostControlFd = 3;

/// Runs in the forked process, with the descriptors and the environment of its SpawnRequest in
/// place; returns its exit code.
using ForkMain = std::function<int()>;

/// Serves until the socket closes or SIGTERM comes; then kills all descendants, waits for them, and
/// returns the exit code for main(). `fork_main` empty: exec only. Call it in main() while the
/// process has one thread.
int run_process_host(int control_fd, const ForkMain& fork_main);

}  // namespace orch
