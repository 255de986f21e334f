#pragma once
// One piece of work beside what its starter does meanwhile; for start-up, where the tables of a
// tokenizer have halves that do not wait for each other. Thread: the owner's.

#include <cstddef>
#include <functional>
#include <thread>

namespace orch::tokenizer {

/// From so many merges on their tables are worth a second thread.
inline constexpr std::size_t kMergesAside = 1 << 14;

class SideTask {
 public:
  /// Begins at once. Where the system has no thread left the work is done here.
  explicit SideTask(std::function<void()> work);
  ~SideTask() { join(); }
  SideTask(const SideTask&) = delete;
  SideTask& operator=(const SideTask&) = delete;

  /// Returns when the work is done.
  void join();

 private:
  std::function<void()> work_;
  std::thread thread_;
};

}  // namespace orch::tokenizer
