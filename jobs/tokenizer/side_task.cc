#include "jobs/tokenizer/side_task.h"

#include <system_error>

namespace orch::tokenizer {

SideTask::SideTask(std::function<void()> work) : work_(std::move(work)) {
  try {
    thread_ = std::thread([this] { work_(); });
  } catch (const std::system_error&) {
    work_();
  }
}

void SideTask::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace orch::tokenizer
