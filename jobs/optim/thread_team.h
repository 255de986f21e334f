#pragma once
// A fixed set of threads that run the same function side by side, the caller as number 0. A rank
// computes one logical shard in each. Owned by the train loop; run() from one thread only. Made
// after the fork, never before.

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace orch::optim {

class ThreadTeam {
 public:
  /// `prepare` runs first in each thread, the caller's included (single-threaded math).
  ThreadTeam(int threads, const std::function<void()>& prepare) {
    prepare();
    for (int i = 1; i < threads; ++i)
      threads_.emplace_back([this, i, prepare] {
        prepare();
        serve(i);
      });
  }
  ~ThreadTeam() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ThreadTeam(const ThreadTeam&) = delete;
  ThreadTeam& operator=(const ThreadTeam&) = delete;

  int size() const { return static_cast<int>(threads_.size()) + 1; }

  /// Calls work(0) … work(size() - 1), each in its own thread; returns when all are done. An
  /// exception in any thread is rethrown here when all are done.
  void run(const std::function<void(int)>& work) {
    {
      const std::lock_guard lock(mutex_);
      work_ = &work;
      pending_ = static_cast<int>(threads_.size());
      ++round_;
    }
    wake_.notify_all();
    std::exception_ptr failure;
    try {
      work(0);
    } catch (...) {
      failure = std::current_exception();
    }
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return pending_ == 0; });
    if (failure) std::rethrow_exception(failure);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  void serve(int index) {
    long seen = 0;
    while (true) {
      const std::function<void(int)>* work = nullptr;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return stop_ || round_ != seen; });
        if (stop_) return;
        seen = round_;
        work = work_;
      }
      std::exception_ptr failure;
      try {
        (*work)(index);
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (failure) failure_ = failure;
      if (--pending_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(int)>* work_ = nullptr;
  int pending_ = 0;
  long round_ = 0;
  bool stop_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace orch::optim
