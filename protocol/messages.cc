#include "protocol/messages.h"

namespace orch::protocol {

const char* state_name(State state) {
  switch (state) {
    case State::kWaiting:
      return "waiting";
    case State::kRunning:
      return "running";
    case State::kPaused:
      return "paused";
    case State::kSucceeded:
      return "succeeded";
    case State::kFailed:
      return "failed";
    case State::kCancelled:
      return "cancelled";
    case State::kLost:
      return "lost";
  }
  return "unknown";
}

const char* failure_name(Failure failure) {
  switch (failure) {
    case Failure::kNone:
      return "none";
    case Failure::kExit:
      return "exit";
    case Failure::kSignal:
      return "signal";
    case Failure::kWorkerLost:
      return "worker_lost";
    case Failure::kOutOfMemory:
      return "out_of_memory";
    case Failure::kSpec:
      return "spec";
    case Failure::kNumeric:
      return "numeric";
    case Failure::kTimeout:
      return "timeout";
    case Failure::kCancelled:
      return "cancelled";
    case Failure::kPaused:
      return "paused";
    case Failure::kStart:
      return "start";
  }
  return "unknown";
}

}  // namespace orch::protocol
