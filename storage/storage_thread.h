#pragma once
// One thread that does what may block, in order; owners post to it and it posts back. The only
// place of a mutex in storage/.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace orch::storage {

class StorageThread {
 public:
  using Job = std::function<void()>;
  /// `after_batch` runs on the thread after all jobs that were there when it woke: group commit.
  explicit StorageThread(Job after_batch = {});
  /// Runs what is queued, then joins.
  ~StorageThread();
  StorageThread(const StorageThread&) = delete;
  StorageThread& operator=(const StorageThread&) = delete;

  /// Thread: any.
  void run(Job job);

 private:
  void loop();
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  Job after_batch_;
  std::thread thread_;
};

}  // namespace orch::storage
