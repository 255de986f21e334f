#pragma once
// The training loop that pretrain and instruct share: waves of logical shards over threads, one
// exchange a step, sharded AdamW, ledger, metrics, background checkpoints with a two-phase commit.
// The same bits for any number of ranks and threads, and after a stop at any step. Collective:
// every rank of the gang runs it with the same plan.

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/model/batch.h"
#include "jobs/model/llama.h"
#include "jobs/rank_link.h"
#include "protocol/spec.h"

namespace orch::parallel {
class Comm;
}

namespace orch::jobs {

/// Where windows come from: a pure function of the slot. Called from several threads.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  /// Overwrites `batch` with slots [first, first + count).
  virtual void fill(std::uint64_t first, int count, model::Batch& batch) const = 0;
  /// For messages: what a slot holds.
  virtual std::string provenance(std::uint64_t slot) const = 0;
  /// Names data and mixture in the ledger.
  virtual std::string version() const = 0;
};

/// All that is decided before the first step; equal on all ranks.
struct TrainPlan {
  std::string kind;  ///< "pretrain", "instruct"
  protocol::TrainSpec spec;
  std::int64_t steps = 0;
  model::AlignedBuffer parameters;  ///< of the resumed checkpoint, the start checkpoint, or fresh
  std::string start_digest;         ///< of the parameters that the run began with
  std::int64_t resume_step = 0;     ///< 0: from the beginning
  std::string resume_path, resume_digest;  ///< the checkpoint that resume_step is read from
  std::map<std::string, std::string>
      small_files;      ///< tokenizer files, chat template: into each checkpoint
  std::string details;  ///< whatever else defines the run, as text: part of the genesis
};

/// Everything that the loop borrows.
struct TrainWorld {
  const model::Llama& model;
  const BatchSource& source;
  parallel::Comm& comm;       ///< of the training thread
  parallel::Comm& save_comm;  ///< of the background save
  const Clock& clock;
  RankLink& link;
  std::string build;  ///< build id and instruction set
};

struct TrainEnd {
  bool stopped = false;  ///< left on request before the last step
  std::int64_t step = 0, steps = 0;
  std::string ledger_hash;
  std::string checkpoint, digest;  ///< of `step`, on every rank
};

/// Runs to the last step or to a stop; the last checkpoint is committed, the result is not
/// (finish_training). Errors: kInternal for NaN or infinity (the link is told kNumeric), and of
/// every part.
Result<TrainEnd> train(TrainPlan plan, const TrainWorld& world);

/// The training task after train(): rank 0 commits the result, or all ranks report that they
/// stopped.
Result<void> finish_training(const TrainEnd& end, RankLink& link);

/// A hash of all that defines a run: the `prev` of the first ledger line.
std::string run_genesis(const TrainPlan& plan, const model::Llama& model,
                        const BatchSource& source);

}  // namespace orch::jobs
