#pragma once
// Scoring and generation on a model's parameters as they are, without export: shared contexts are
// computed once, the head only at scored positions. One object a thread (it owns its activations
// and its key/value cache).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "jobs/model/llama.h"

namespace orch::model {

/// One context and the continuations to be judged after it (the options of a question).
struct ScoreRequest {
  std::vector<std::int32_t> context;                     ///< at least one token
  std::vector<std::vector<std::int32_t>> continuations;  ///< each at least one token
};

struct ContinuationScore {
  double log_likelihood = 0.0;  ///< sum of log p(token | what stands before it)
  bool greedy = false;          ///< every token was the most likely one (lowest id wins ties)
  int tokens = 0;
};

class Inference {
 public:
  /// Both must outlive this. `parameters`: Layout::total floats, 64-byte aligned.
  Inference(const Llama& model, std::span<const float> parameters);
  ~Inference();
  Inference(Inference&&) noexcept;

  /// (ids.size(), vocabulary), row-major. Errors: kInvalid for no ids, an id out of range, too many
  /// positions.
  Result<std::vector<float>> logits(std::span<const std::int32_t> ids);

  /// result[i][j]: continuation j of request i. A request's scores do not depend on the other
  /// requests' tokens. Errors: kInvalid with the request's index.
  Result<std::vector<std::vector<ContinuationScore>>> score(std::span<const ScoreRequest> requests);

  /// Greedy; ends before `max_new_tokens` at a token of `stop` (which is not returned) or at the
  /// model's last position.
  Result<std::vector<std::int32_t>> generate(std::span<const std::int32_t> ids, int max_new_tokens,
                                             std::span<const std::int32_t> stop);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace orch::model
