#pragma once
// An ordered map of bytes on disk: the one seam to RocksDB (key_values_rocksdb.cc), with a form in
// memory that loses unsynced writes on demand. Both databases (control log, metrics) are written
// over it. Thread: write() and sync() from one thread at a time; get() and scan() from any.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace orch::storage {

/// Applied all or not at all, erasures first.
struct Batch {
  std::vector<std::pair<std::string, std::string>> erase_ranges;  ///< [from, to)
  std::vector<std::pair<std::string, std::string>> puts;
};

class KeyValues {
 public:
  virtual ~KeyValues() = default;
  /// `sync`: durable, with all writes before it, when it returns ok.
  /// Errors: kUnavailable when the disk is full, kInternal; then nothing of the batch may count.
  virtual Result<void> write(const Batch& batch, bool sync) = 0;
  /// Makes all earlier writes durable.
  virtual Result<void> sync() = 0;
  /// Errors: kCorrupt, kInternal.
  virtual Result<std::optional<std::string>> get(const std::string& key) const = 0;
  /// Visits [from, to) in order of bytes until `visit` returns false. Errors: as get().
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> scan(const std::string& from, const std::string& to,
                            const Visit& visit) const = 0;
  /// The greatest key in [from, to), if any.
  virtual Result<std::optional<std::pair<std::string, std::string>>> last_in(
      const std::string& from, const std::string& to) const = 0;
};

/// Opens or makes a RocksDB database. One process at a time.
/// Errors: kUnavailable when another process has it; kCorrupt naming the folder; kInternal.
Result<std::unique_ptr<KeyValues>> open_rocksdb(const std::string& path);

// ---- keys

/// Big-endian, so that the order of bytes is the order of numbers.
std::string key_u64(std::uint64_t value);
std::string key_u32(std::uint32_t value);
/// Signed order.
std::string key_i64(std::int64_t value);
std::uint64_t read_u64(std::string_view bytes);
std::uint32_t read_u32(std::string_view bytes);
std::int64_t read_i64(std::string_view bytes);
/// The first key after every key that begins with `prefix`.
std::string prefix_end(std::string prefix);

}  // namespace orch::storage
