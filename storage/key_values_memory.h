#pragma once
// KeyValues in memory, for tests and simulation: crash() loses what was not synced.
// Thread: one at a time.

#include <map>
#include <string>

#include "storage/key_values.h"

namespace orch::storage {

class MemoryKeyValues final : public KeyValues {
 public:
  Result<void> write(const Batch& batch, bool sync) override;
  Result<void> sync() override;
  Result<std::optional<std::string>> get(const std::string& key) const override;
  Result<void> scan(const std::string& from, const std::string& to,
                    const Visit& visit) const override;
  Result<std::optional<std::pair<std::string, std::string>>> last_in(
      const std::string& from, const std::string& to) const override;

  /// Power cut: back to the last synced content.
  void crash() { current_ = durable_; }
  /// Every later write and sync fails with `error`.
  void fail_writes(Error error) { failure_ = std::move(error); }

 private:
  std::map<std::string, std::string> current_, durable_;
  std::optional<Error> failure_;
};

}  // namespace orch::storage
