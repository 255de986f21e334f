#pragma once
// The brain: one event in, effects out. Synchronous; no I/O, no clock, no threads, no randomness.
// One file per event: reactor_*.cc. Every event may be delivered twice or late without harm.
// Not for it: Hello, ReadLogs, ReadMetrics, ImportArtifact, LogShipment, MetricShipment; the shell
// answers these from the metrics lane.

#include "base/clock.h"
#include "coordinator/effects.h"
#include "coordinator/event.h"
#include "coordinator/state.h"

namespace orch::coordinator {

/// Where attempts write, and what the gangs' rendezvous need.
struct Config {
  std::string home;
};

/// Deterministic: the same state, event and time give the same effects, in order.
Effects step(const Config& config, State& state, const Event& event, TimePoint now);

}  // namespace orch::coordinator
