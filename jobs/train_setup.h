#pragma once
// From the spec of a training task to what the loop needs: communicators, tokenizer, weights
// (resumed, given or fresh), model and plan. Every rank does the same. Training thread only.

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "jobs/model/llama.h"
#include "jobs/rank_link.h"
#include "jobs/tokenizer/tokenizer.h"
#include "jobs/train_loop.h"
#include "protocol/spec.h"

namespace orch::parallel {
class Comm;
}

namespace orch::jobs {

/// Owns what a TrainWorld borrows. Open it before the data: the tokenizer decides about them.
struct TrainSetup {
  TrainPlan plan;
  std::unique_ptr<tokenizer::Tokenizer> tokenizer;
  std::unique_ptr<model::Llama> model;
  std::unique_ptr<parallel::Comm> comm, save_comm;
  std::string data_directory;  ///< "" when the spec names no data
};

/// `plan.steps` is the spec's, `plan.details` empty: the kind fills them in.
/// Errors: kNotFound, kInvalid, kCorrupt of the inputs; kUnavailable when ranks do not come
/// together.
Result<TrainSetup> open_training(const std::string& kind, const protocol::TrainSpec& spec,
                                 const RankLink& link);

/// Trains and ends the task: result or stop.
Result<void> run_training(TrainSetup setup, const BatchSource& source, const Clock& clock,
                          RankLink& link);

}  // namespace orch::jobs
