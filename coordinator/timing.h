#pragma once
// Every time that the coordinator decides by, in one place. Simulation and production share them.

#include <chrono>

#include "base/clock.h"

namespace orch::coordinator {

inline constexpr Duration kWorkerSilentAfter = std::chrono::seconds(5);
/// Orders are repeated until the worker's message shows that they arrived.
inline constexpr Duration kRepeatAfter = std::chrono::seconds(1);
inline constexpr Duration kBackoffFirst = std::chrono::milliseconds(500);
inline constexpr Duration kBackoffMax = std::chrono::seconds(30);
inline constexpr Duration kTickEvery = std::chrono::milliseconds(50);

/// 0.5 s · 2^restarts, at most 30 s.
constexpr Duration backoff(int restarts) {
  Duration wait = kBackoffFirst;
  for (int i = 0; i < restarts && wait < kBackoffMax; ++i) wait *= 2;
  return wait < kBackoffMax ? wait : kBackoffMax;
}

}  // namespace orch::coordinator
