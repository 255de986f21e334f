#include "jobs/checkpoint_keeper.h"

#include <algorithm>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {

CheckpointKeeper::CheckpointKeeper(const protocol::CheckpointPolicy& policy, std::int64_t steps,
                                   parallel::Comm& comm, RankLink& link)
    : policy_(policy), steps_(steps), link_(link), saver_(comm) {}

Result<void> CheckpointKeeper::clean(std::int64_t step) {
  const std::string& out = link_.start().out_directory;
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(out));
  for (const std::string& name : names) {
    const std::string path = join_path(out, name);
    const std::int64_t of_folder = checkpoint_step(name);
    if (of_folder > step || (of_folder >= 0 && !storage::is_sealed(path)))
      ORCH_TRY(remove_checkpoint(path));
  }
  ORCH_ASSIGN(committed_, list_checkpoints(out));
  return {};
}

Result<void> CheckpointKeeper::start(checkpoint::SaveRequest request, std::int64_t step,
                                     const std::string& ledger_hash) {
  if (const auto earlier = saver_.wait()) ORCH_TRY(take(*earlier, false));
  request.directory = checkpoint_directory(link_.start().out_directory, step);
  pending_ = {step, request.directory, "", ledger_hash};
  saver_.start(request);
  return {};
}

Result<void> CheckpointKeeper::take(const Result<checkpoint::Saved>& saved, bool must_succeed) {
  if (!saved.ok()) {
    if (must_succeed || saved.error().code != Code::kUnavailable) return saved.error();
    log_error("checkpoint of step " + std::to_string(pending_.step) +
              " not saved: " + saved.error().message);
    return {};
  }
  pending_.digest = saved->digest;
  if (link_.rank() != 0) return {};
  asked_.push_back(pending_);
  return link_.ask_commit({.kind = "checkpoint",
                           .artifact_kind = "checkpoint",
                           .path = pending_.path,
                           .digest = pending_.digest,
                           .step = pending_.step,
                           .steps = steps_,
                           .ledger_hash = pending_.ledger_hash});
}

Result<void> CheckpointKeeper::accepted(const protocol::RankCommitted& answer) {
  const auto found =
      std::find_if(asked_.begin(), asked_.end(),
                   [&](const CheckpointRecord& record) { return record.digest == answer.digest; });
  if (found == asked_.end()) return {};  // a repeated answer
  if (!answer.accepted)
    return denied("commit of the checkpoint of step " + std::to_string(found->step) +
                  " refused: " + answer.message);
  committed_.push_back(std::move(*found));
  asked_.erase(found);
  return retain();
}

Result<void> CheckpointKeeper::retain() {
  const auto count = committed_.size();
  const auto keep = static_cast<std::size_t>(std::max(1, policy_.keep_last));
  std::vector<CheckpointRecord> kept;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t step = committed_[i].step;
    if (i + keep >= count || (policy_.keep_every > 0 && step % policy_.keep_every == 0))
      kept.push_back(committed_[i]);
    else
      ORCH_TRY(remove_checkpoint(committed_[i].path));
  }
  committed_ = std::move(kept);
  return {};
}

Result<void> CheckpointKeeper::poll() {
  if (const auto saved = saver_.poll()) ORCH_TRY(take(*saved, false));
  while (const auto answer = link_.take_answer()) ORCH_TRY(accepted(*answer));
  return {};
}

Result<CheckpointRecord> CheckpointKeeper::finish() {
  if (const auto saved = saver_.wait()) ORCH_TRY(take(*saved, true));
  while (!asked_.empty()) {
    ORCH_ASSIGN(const protocol::RankCommitted answer, link_.wait_answer());
    ORCH_TRY(accepted(answer));
  }
  return pending_;
}

}  // namespace orch::jobs
