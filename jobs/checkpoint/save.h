#pragma once
// Writes checkpoints: every rank writes its byte ranges of files whose names and layout depend on
// the model only, then rank 0 writes the manifest and renames it: before the rename there is no
// checkpoint. BackgroundSaver does all but the copy in its own thread, with its own Comm.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "jobs/model/config.h"
#include "jobs/model/layout.h"

namespace orch::parallel {
class Comm;
}

namespace orch::checkpoint {

/// What one rank saves. All spans cover its blocks: (block_end - block_begin) · model::kBlock
/// floats.
struct SaveRequest {
  std::string directory;  ///< new or empty; the same for all ranks
  const model::Config* config = nullptr;
  const model::Layout* layout = nullptr;
  std::int64_t block_begin = 0, block_end = 0;
  std::span<const float> parameters;
  std::span<const float> m, v;  ///< empty on every rank: a checkpoint without optimizer state
  /// Relative path → bytes (orch/run.json, orch/ledger.jsonl, tokenizer.json, chat_template.jinja,
  /// …). Read on rank 0.
  std::map<std::string, std::string> small_files;
};

struct Saved {
  std::string directory;
  std::string digest;  ///< of the artifact: on every rank
};

/// Collective over `comm`: every rank calls it with the same directory, config and layout. When it
/// returns ok on rank 0 the checkpoint is durable. Errors: on every rank if any rank failed;
/// kUnavailable when the disk is too full.
Result<Saved> save(const SaveRequest& request, parallel::Comm& comm);

/// At most one save at a time. `comm` is used by its thread only and must outlive this.
class BackgroundSaver {
 public:
  explicit BackgroundSaver(parallel::Comm& comm);
  ~BackgroundSaver();  ///< waits for the save under way
  BackgroundSaver(const BackgroundSaver&) = delete;
  BackgroundSaver& operator=(const BackgroundSaver&) = delete;

  /// Copies spans and files, then returns. Waits first for an earlier save. config and layout must
  /// outlive the save. Every rank must start the same saves in the same order.
  void start(const SaveRequest& request);
  bool busy() const;
  /// The finished save, once; nothing while it runs or when none was started.
  std::optional<Result<Saved>> poll();
  /// Waits for the save under way and returns it; nothing when there is none.
  std::optional<Result<Saved>> wait();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orch::checkpoint
