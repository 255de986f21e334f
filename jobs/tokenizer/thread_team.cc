#include "jobs/tokenizer/thread_team.h"

#include <utility>

#include "base/check.h"

namespace orch::tokenizer {

ThreadTeam::ThreadTeam(std::size_t threads, std::function<void()> prepare)
    : prepare_(std::move(prepare)) {
  for (std::size_t i = 1; i < threads; ++i) helpers_.emplace_back([this] { help(); });
}

ThreadTeam::~ThreadTeam() {
  finish();
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  changed_.notify_all();
  for (auto& helper : helpers_) helper.join();
}

void ThreadTeam::start(std::size_t parts, std::function<void(std::size_t)> work) {
  {
    const std::lock_guard lock(mutex_);
    ORCH_CHECK(!open_, "a task is under way");
    work_ = std::move(work);
    parts_ = parts;
    next_ = 0;
    ++task_;
    open_ = true;
  }
  changed_.notify_all();
}

void ThreadTeam::finish() {
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return;
  }
  take_parts();
  std::unique_lock lock(mutex_);
  open_ = false;
  changed_.wait(lock, [&] { return at_work_ == 0; });
}

void ThreadTeam::take_parts() {
  for (std::size_t part = next_++; part < parts_; part = next_++) work_(part);
}

void ThreadTeam::help() {
  prepare_();
  std::size_t done = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return leaving_ || (open_ && task_ != done); });
    if (leaving_) return;
    done = task_;
    ++at_work_;
    lock.unlock();
    take_parts();
    lock.lock();
    --at_work_;
    changed_.notify_all();
  }
}

}  // namespace orch::tokenizer
