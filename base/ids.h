#pragma once
// Typed ids: a job number cannot be passed where an attempt number is meant. Plain values, any
// thread.

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace orch {

/// A number with a meaning. 0 is "none"; real ids start at 1.
template <typename Tag>
struct Id {
  std::uint64_t value = 0;
  auto operator<=>(const Id&) const = default;
  explicit operator bool() const { return value != 0; }
};

using JobId = Id<struct JobTag>;
/// The number of one try at a task; it only rises, over the whole life of the task (fencing).
using Attempt = Id<struct AttemptTag>;
/// Position in the control log.
using LogPosition = Id<struct LogPositionTag>;

/// A task is named by its job and its key in the spec.
struct TaskId {
  JobId job;
  std::string task;
  auto operator<=>(const TaskId&) const = default;
  /// "42/base"
  std::string text() const { return std::to_string(job.value) + "/" + task; }
};

/// One attempt of one task.
struct AttemptId {
  TaskId task;
  Attempt attempt;
  auto operator<=>(const AttemptId&) const = default;
  /// "42/base#3"
  std::string text() const { return task.text() + "#" + std::to_string(attempt.value); }
};

}  // namespace orch
