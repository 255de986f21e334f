#pragma once
// A few threads that share out the numbered parts of one task after the other. The owner does other
// things while they work, then helps. Thread: start() and finish() from the owner's.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace orch::tokenizer {

class ThreadTeam {
 public:
  /// `threads`: the owner's among them. `prepare` is called in each of the others first.
  explicit ThreadTeam(
      std::size_t threads, std::function<void()> prepare = [] {});
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  /// The other threads begin with parts 0, 1, … `work` is called once a part, from any thread.
  /// Errors: aborts if the last task was not finished.
  void start(std::size_t parts, std::function<void(std::size_t part)> work);
  /// Takes part, and returns when every part is done. Without a task: at once.
  void finish();

 private:
  void help();
  void take_parts();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()> prepare_;
  std::function<void(std::size_t)> work_;
  std::size_t parts_ = 0;
  std::atomic<std::size_t> next_{0};
  std::size_t task_ = 0;     ///< counts up
  std::size_t at_work_ = 0;  ///< helpers inside take_parts()
  bool open_ = false;        ///< helpers may join the task
  bool leaving_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace orch::tokenizer
