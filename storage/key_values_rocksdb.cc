// The only file that knows RocksDB.

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/file.h"
#include "storage/key_values.h"

namespace orch::storage {
namespace {

Error error_of(const rocksdb::Status& status, const std::string& path) {
  const std::string text = path + ": " + status.ToString();
  if (status.IsCorruption()) {
    return corrupt("the database is damaged: " + text, "restore the folder from a backup");
  }
  if (status.IsNoSpace()) return unavailable("the disk is full: " + text);
  if (status.IsIOError() && text.find("lock") != std::string::npos) {
    return unavailable("another process has the database: " + text);
  }
  return internal("the database failed: " + text);
}

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

class RocksKeyValues final : public KeyValues {
 public:
  RocksKeyValues(std::unique_ptr<rocksdb::DB> db, std::string path)
      : db_(std::move(db)), path_(std::move(path)) {}

  Result<void> write(const Batch& batch, bool sync_now) override {
    rocksdb::WriteBatch out;
    for (const auto& [from, to] : batch.erase_ranges) out.DeleteRange(from, to);
    for (const auto& [key, value] : batch.puts) out.Put(key, value);
    rocksdb::WriteOptions options;
    options.sync = sync_now;
    return result(db_->Write(options, &out));
  }
  Result<void> sync() override { return result(db_->FlushWAL(true)); }
  Result<std::optional<std::string>> get(const std::string& key) const override {
    std::string value;
    const rocksdb::Status status = db_->Get({}, key, &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return error_of(status, path_);
    return std::optional<std::string>(std::move(value));
  }
  Result<void> scan(const std::string& from, const std::string& to,
                    const Visit& visit) const override {
    const rocksdb::Slice end = slice(to);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    for (it->Seek(from); it->Valid(); it->Next()) {
      if (!visit(view(it->key()), view(it->value()))) break;
    }
    return result(it->status());
  }
  Result<std::optional<std::pair<std::string, std::string>>> last_in(
      const std::string& from, const std::string& to) const override {
    using Found = std::optional<std::pair<std::string, std::string>>;
    const rocksdb::Slice end = slice(to);
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options));
    it->SeekForPrev(to);  // the bound itself is left out
    if (!it->status().ok()) return error_of(it->status(), path_);
    if (!it->Valid() || view(it->key()) < from) return Found();
    return Found({it->key().ToString(), it->value().ToString()});
  }

 private:
  Result<void> result(const rocksdb::Status& status) const {
    if (!status.ok()) return error_of(status, path_);
    return {};
  }
  std::unique_ptr<rocksdb::DB> db_;
  std::string path_;
};

rocksdb::Options database_options() {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // A torn record at the very end was never acknowledged; damage anywhere else is an error.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.write_buffer_size = 16 << 20;
  options.max_background_jobs = 2;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1 << 20;
  options.info_log_level = rocksdb::InfoLogLevel::ERROR_LEVEL;
  options.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(16 << 20);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<std::unique_ptr<KeyValues>> open_rocksdb(const std::string& path) {
  ORCH_TRY(make_directories(path));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(), path, &db);
  if (!status.ok()) return error_of(status, path);
  return std::unique_ptr<KeyValues>(
      std::make_unique<RocksKeyValues>(std::unique_ptr<rocksdb::DB>(db), path));
}

}  // namespace orch::storage
