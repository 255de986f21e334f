#include "storage/key_values_memory.h"

namespace orch::storage {

Result<void> MemoryKeyValues::write(const Batch& batch, bool sync_now) {
  if (failure_) return *failure_;
  for (const auto& [from, to] : batch.erase_ranges) {
    current_.erase(current_.lower_bound(from), current_.lower_bound(to));
  }
  for (const auto& [key, value] : batch.puts) current_[key] = value;
  return sync_now ? sync() : Result<void>();
}

Result<void> MemoryKeyValues::sync() {
  if (failure_) return *failure_;
  durable_ = current_;
  return {};
}

Result<std::optional<std::string>> MemoryKeyValues::get(const std::string& key) const {
  const auto found = current_.find(key);
  if (found == current_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Result<void> MemoryKeyValues::scan(const std::string& from, const std::string& to,
                                   const Visit& visit) const {
  for (auto it = current_.lower_bound(from); it != current_.end() && it->first < to; ++it) {
    if (!visit(it->first, it->second)) break;
  }
  return {};
}

Result<std::optional<std::pair<std::string, std::string>>> MemoryKeyValues::last_in(
    const std::string& from, const std::string& to) const {
  using Found = std::optional<std::pair<std::string, std::string>>;
  auto it = current_.lower_bound(to);
  if (it == current_.begin()) return Found();
  --it;
  if (it->first < from) return Found();
  return Found({it->first, it->second});
}

}  // namespace orch::storage
