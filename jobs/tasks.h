#pragma once
// The task kinds that orch-rank runs: each a function from its block of the spec and the link to
// the parent to an end. Files land in the attempt's output folder; rank 0 commits the result. One
// file a kind: prepare.cc, pretrain.cc, …

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/rank_link.h"
#include "protocol/spec.h"

namespace orch::jobs {

/// A rank that was told to stop between two units of work returns ok after link.stopped().
Result<void> run_prepare(const protocol::PrepareSpec& spec, RankLink& link);
Result<void> run_pretrain(const protocol::PretrainSpec& spec, const Clock& clock, RankLink& link);
Result<void> run_instruct(const protocol::InstructSpec& spec, const Clock& clock, RankLink& link);
Result<void> run_checkpoint(const protocol::CheckpointSpec& spec, RankLink& link);
Result<void> run_evaluate(const protocol::EvaluateSpec& spec, RankLink& link);
Result<void> run_forgetting(const protocol::ForgettingSpec& spec, RankLink& link);

/// Parses the spec in the link's RankStart, finds its task and runs it.
Result<void> run_task(const Clock& clock, RankLink& link);

/// Rank 0: digests the output folder and commits it as the task's artifact.
Result<void> commit_output(RankLink& link, const std::string& artifact_kind);

}  // namespace orch::jobs
