#include "storage/storage_thread.h"

#include <utility>

namespace orch::storage {

StorageThread::StorageThread(Job after_batch)
    : after_batch_(std::move(after_batch)), thread_([this] { loop(); }) {}

StorageThread::~StorageThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void StorageThread::run(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void StorageThread::loop() {
  for (;;) {
    std::deque<Job> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      batch.swap(jobs_);
    }
    for (Job& job : batch) job();
    if (after_batch_) after_batch_();
  }
}

}  // namespace orch::storage
