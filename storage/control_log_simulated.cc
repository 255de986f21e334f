#include "storage/control_log_simulated.h"

#include "base/check.h"

namespace orch::storage {

Duration SimulatedDisk::delay() {
  const auto span = static_cast<std::uint64_t>((delay_max_ - delay_min_).count()) + 1;
  return delay_min_ + Duration(static_cast<std::int64_t>(random_.below(span)));
}

SimulatedControlLog::~SimulatedControlLog() {
  // What was under way may have reached the disk, in order, without anybody being told.
  if (queue_.empty()) return;
  const std::uint64_t survivors = disk_.random_.below(queue_.size() + 1);
  for (std::uint64_t i = 0; i < survivors; ++i) persist(queue_[i]);
}

Result<void> SimulatedControlLog::replay(LogPosition after, const OnRecord& on_record) {
  for (std::uint64_t at = after.value; at < disk_.records_.size(); ++at) {
    ORCH_TRY(on_record(LogPosition{at + 1}, disk_.records_[at]));
  }
  return {};
}

void SimulatedControlLog::append(LogPosition first, std::vector<std::string> records) {
  queue_.push_back({first, std::move(records), std::nullopt});
  if (syncing_ == 0) begin_sync();
}

void SimulatedControlLog::save_snapshot(LogPosition position, std::string bytes) {
  queue_.push_back({{}, {}, LogSnapshot{position, std::move(bytes)}});
  if (syncing_ == 0) begin_sync();
}

std::optional<TimePoint> SimulatedControlLog::next_completion() const {
  if (syncing_ == 0) return std::nullopt;
  return done_at_;
}

bool SimulatedControlLog::complete_one() {
  if (syncing_ == 0 || disk_.clock_.now() < done_at_) return false;
  for (; syncing_ > 0; --syncing_) {
    persist(queue_.front());
    queue_.pop_front();
  }
  const LogPosition durable{disk_.records_.size()};
  if (!queue_.empty()) begin_sync();
  if (on_durable_) on_durable_(durable);
  return true;
}

void SimulatedControlLog::begin_sync() {
  syncing_ = queue_.size();
  done_at_ = disk_.clock_.now() + disk_.delay();
}

void SimulatedControlLog::persist(const Pending& pending) {
  if (pending.snapshot) {
    disk_.snapshot_ = *pending.snapshot;
    return;
  }
  ORCH_CHECK(pending.first.value == disk_.records_.size() + 1, "records are appended in order");
  disk_.records_.insert(disk_.records_.end(), pending.records.begin(), pending.records.end());
}

}  // namespace orch::storage
