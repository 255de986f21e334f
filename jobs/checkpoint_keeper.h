#pragma once
// When checkpoints are written, committed and deleted: background saves, the parent's word on each,
// retention. One a rank; all ranks start the same saves in the same order, rank 0 alone asks and
// deletes. Training thread only.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/checkpoint/save.h"
#include "jobs/checkpoint_folders.h"
#include "jobs/rank_link.h"
#include "protocol/spec.h"

namespace orch::jobs {

class CheckpointKeeper {
 public:
  CheckpointKeeper(const protocol::CheckpointPolicy& policy, std::int64_t steps,
                   parallel::Comm& comm, RankLink& link);

  /// Rank 0: removes what earlier attempts left unfinished in the output folder, or finished after
  /// `step`.
  Result<void> clean(std::int64_t step);
  /// The policy wants a checkpoint after `step`.
  bool due(std::int64_t step) const {
    return step == steps_ || (policy_.every > 0 && step % policy_.every == 0);
  }
  /// Begins to save; the request's directory is chosen here. Waits for an earlier save to end
  /// first.
  Result<void> start(checkpoint::SaveRequest request, std::int64_t step,
                     const std::string& ledger_hash);
  /// Without waiting: takes a finished save and asks for its commit, reads answers, deletes old
  /// checkpoints. Errors: kDenied when a commit was refused. A disk that is too full is only
  /// logged: training goes on.
  Result<void> poll();
  /// Waits until the save under way is committed. Errors: also a full disk.
  Result<CheckpointRecord> finish();

 private:
  Result<void> take(const Result<checkpoint::Saved>& saved, bool must_succeed);
  Result<void> accepted(const protocol::RankCommitted& answer);
  Result<void> retain();

  protocol::CheckpointPolicy policy_;
  std::int64_t steps_;
  RankLink& link_;
  CheckpointRecord pending_;                 ///< being saved
  std::vector<CheckpointRecord> asked_;      ///< saved, not yet answered
  std::vector<CheckpointRecord> committed_;  ///< by step
  checkpoint::BackgroundSaver saver_;
};

}  // namespace orch::jobs
