#include "jobs/checkpoint/save.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/limits.h"
#include "base/sha256.h"
#include "jobs/checkpoint/agree.h"
#include "jobs/checkpoint/chained_sha256.h"
#include "jobs/checkpoint/direct_file.h"
#include "jobs/checkpoint/file_plan.h"
#include "storage/artifact_dir.h"

namespace orch::checkpoint {
namespace {

// Durable without a rename: the manifest's rename makes all files of a checkpoint count at once.
Result<void> write_small(const std::string& path, const std::string& text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return system_error("cannot create " + path, errno);
  ORCH_TRY(write_all(fd.get(), text.data(), text.size(), path));
  if (::fsync(fd.get()) != 0) return system_error("cannot fsync " + path, errno);
  return {};
}

// One save on one rank.
class Save {
 public:
  Save(const SaveRequest& request, parallel::Comm& comm) : request_(request), comm_(comm) {}

  Result<Saved> run() {
    ORCH_TRY(gather_ranges());
    plans_.push_back(plan_model_file(*request_.layout));
    if (with_optimizer_) plans_.push_back(plan_optimizer_file(*request_.layout));
    ORCH_TRY(agree(comm_, comm_.rank() == 0 ? begin_directory() : Result<void>()));
    Result<void> written;
    std::thread writer([&] { written = write_files(); });
    Result<void> hashed = hash_files();
    writer.join();
    ORCH_TRY(agree(comm_, hashed.ok() ? written : hashed));
    ORCH_TRY(agree(comm_, comm_.rank() == 0 ? commit() : Result<void>()));
    digest_.resize(64);
    ORCH_TRY(comm_.broadcast(std::as_writable_bytes(std::span(digest_.data(), digest_.size())), 0));
    return Saved{request_.directory, digest_};
  }

 private:
  struct Range {
    std::int64_t begin = 0, end = 0, optimizer = 0;
  };

  Result<void> gather_ranges() {
    const auto floats =
        static_cast<std::size_t>((request_.block_end - request_.block_begin) * model::kBlock);
    ORCH_CHECK(request_.parameters.size() == floats, "parameters: %zu floats for %zu",
               request_.parameters.size(), floats);
    ORCH_CHECK(request_.m.size() == request_.v.size() &&
                   (request_.m.empty() || request_.m.size() == floats),
               "moments: %zu and %zu floats for %zu", request_.m.size(), request_.v.size(), floats);
    // A rank without blocks cannot say whether there is optimizer state: it goes with the others.
    const std::int64_t optimizer = floats == 0 ? -1 : request_.m.empty() ? 0 : 1;
    const Range mine{request_.block_begin, request_.block_end, optimizer};
    ranges_.resize(static_cast<std::size_t>(comm_.size()));
    ORCH_TRY(comm_.all_gather(std::as_bytes(std::span(&mine, 1)),
                              std::as_writable_bytes(std::span(ranges_))));
    std::int64_t end = 0;
    for (const Range& range : ranges_) {
      ORCH_CHECK(range.begin == end && range.end >= end, "the ranks' blocks do not tile the model");
      end = range.end;
      with_optimizer_ = with_optimizer_ || range.optimizer == 1;
    }
    ORCH_CHECK(end == request_.layout->blocks(), "the ranks' blocks do not cover the model");
    for (const Range& range : ranges_) {
      ORCH_CHECK(!with_optimizer_ || range.optimizer != 0, "one rank saves without its moments");
    }
    return {};
  }

  // Rank 0: a fresh directory with room for everything, small files written.
  Result<void> begin_directory() {
    const std::string& directory = request_.directory;
    if (storage::is_sealed(directory)) {
      return conflict(directory + " already holds a finished checkpoint");
    }
    ORCH_TRY(remove_tree(directory));  // what an earlier, unfinished save left
    ORCH_TRY(make_directories(join_path(directory, "orch")));
    std::uint64_t bytes = 0;
    for (const FilePlan& plan : plans_) bytes += plan.file.size_bytes;
    ORCH_ASSIGN(const std::uint64_t free, free_disk_bytes(directory));
    if (free < bytes + limits::kFreeDiskBytesMin) {
      return unavailable(directory + ": a checkpoint of " + std::to_string(bytes) +
                         " bytes does not fit, " + std::to_string(free) + " are free and " +
                         std::to_string(limits::kFreeDiskBytesMin) + " stay reserved");
    }
    for (const FilePlan& plan : plans_) {
      ORCH_TRY(DirectFile::create(join_path(directory, plan.path), plan.file.size_bytes));
    }
    std::map<std::string, std::string> small = request_.small_files;
    small.emplace("config.json", model::config_json(*request_.config));
    small.emplace("generation_config.json", model::generation_config_json(*request_.config));
    for (const auto& [path, text] : small) {
      const std::string full = join_path(directory, path);
      if (const std::size_t slash = path.rfind('/'); slash != std::string::npos) {
        ORCH_TRY(make_directories(join_path(directory, path.substr(0, slash))));
      }
      ORCH_TRY(write_small(full, text));
      files_.push_back({path, text.size(), sha256_hex(text)});
    }
    return {};
  }

  const float* floats(const Extent& extent) const {
    const std::span<const float> from = extent.buffer == Buffer::kParameters ? request_.parameters
                                        : extent.buffer == Buffer::kFirstMoment ? request_.m
                                                                                : request_.v;
    return from.data() + (extent.begin - request_.block_begin * model::kBlock);
  }

  std::vector<Extent> extents_of(const FilePlan& plan, const Range& range) const {
    return cut_extents(plan.extents, range.begin * model::kBlock, range.end * model::kBlock);
  }

  // Each rank its parts, each its own fsync.
  Result<void> write_files() {
    const Range& mine = ranges_[static_cast<std::size_t>(comm_.rank())];
    for (const FilePlan& plan : plans_) {
      const std::string path = join_path(request_.directory, plan.path);
      ORCH_ASSIGN(DirectFile file, DirectFile::open(path));
      if (comm_.rank() == 0) {
        ORCH_TRY(file.write(0, plan.file.header.data(), plan.file.header.size()));
      }
      for (const Extent& extent : extents_of(plan, mine)) {
        const auto bytes = static_cast<std::size_t>(extent.end - extent.begin) * sizeof(float);
        ORCH_TRY(file.write(extent.file_offset, floats(extent), bytes));
      }
      ORCH_TRY(file.sync());
    }
    return {};
  }

  // Hashing is slower than writing, so one rank alone hashes its files side by side. Several ranks
  // go file by file: their chains share one Comm.
  Result<void> hash_files() {
    std::vector<Result<std::string>> digests(plans_.size(), std::string());
    const auto hash = [&](std::size_t i) { digests[i] = hash_file(plans_[i]); };
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < plans_.size() && comm_.size() == 1; ++i)
      threads.emplace_back(hash, i);
    hash(0);
    for (std::size_t i = 1; i < plans_.size() && threads.empty(); ++i) hash(i);
    for (std::thread& thread : threads) thread.join();
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      ORCH_TRY(digests[i]);
      if (comm_.rank() == 0)
        files_.push_back({plans_[i].path, plans_[i].file.size_bytes, *digests[i]});
    }
    return {};
  }

  // The hash of a file goes from rank to rank in file order; no byte is read back. The digest on
  // rank 0, elsewhere an empty text.
  Result<std::string> hash_file(const FilePlan& plan) {
    ChainedSha256 hash;
    int owner = 0;
    if (comm_.rank() == 0) hash.update(plan.file.header.data(), plan.file.header.size());
    for (const Extent& whole : plan.extents) {
      for (int rank = 0; rank < comm_.size(); ++rank) {
        const Range& range = ranges_[static_cast<std::size_t>(rank)];
        for (const Extent& extent :
             cut_extents({whole}, range.begin * model::kBlock, range.end * model::kBlock)) {
          ORCH_TRY(hand_over(hash, owner, rank));
          if (rank != comm_.rank()) continue;
          hash.update(floats(extent),
                      static_cast<std::size_t>(extent.end - extent.begin) * sizeof(float));
        }
      }
    }
    ORCH_TRY(hand_over(hash, owner, 0));
    return comm_.rank() == 0 ? hash.hex() : std::string();
  }

  Result<void> hand_over(ChainedSha256& hash, int& owner, int next) {
    if (owner == next) return {};
    ChainedSha256::State state = hash.state();
    ORCH_TRY(comm_.broadcast(state, owner));
    hash.set_state(state);
    owner = next;
    return {};
  }

  Result<void> commit() {
    const storage::Manifest manifest = storage::make_manifest("checkpoint", files_);
    digest_ = manifest.digest;
    return storage::write_manifest(request_.directory, manifest, /*files_durable=*/true);
  }

  const SaveRequest& request_;
  parallel::Comm& comm_;
  std::vector<Range> ranges_;
  bool with_optimizer_ = false;
  std::vector<FilePlan> plans_;
  std::vector<DigestedFile> files_;
  std::string digest_;
};

}  // namespace

Result<Saved> save(const SaveRequest& request, parallel::Comm& comm) {
  return Save(request, comm).run();
}

}  // namespace orch::checkpoint
