#include <algorithm>
#include <cstring>

#include "jobs/model/gemm.h"
#include "jobs/model/pass.h"

namespace orch::model {

ShardLoss head_loss(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                    float* gradient, Workspace::State& state) {
  const std::int64_t d = parts.config.hidden_size, vocabulary = parts.config.vocab_size;
  const std::int64_t chunk = parts.head_rows();
  const float* head = parameters + parts.head;
  ShardLoss result;
  for (std::int64_t begin = 0; begin < state.rows; begin += chunk) {
    const std::int64_t rows = std::min(chunk, state.rows - begin);
    const std::int32_t* labels = batch.labels.data() + begin;
    const float* x = state.normed_out + begin * d;
    const std::int64_t counted = rows - std::count(labels, labels + rows, -1);
    result.tokens += counted;
    // A chunk without labels adds exact zeros: it is left out whole, never in part, so shapes stay
    // fixed.
    if (counted == 0) {
      if (gradient != nullptr) {
        std::memset(state.d_normed + begin * d, 0,
                    static_cast<std::size_t>(rows * d) * sizeof(float));
      }
      continue;
    }
    multiply_by_transposed(state.logits, vocabulary, x, d, head, d, rows, d, vocabulary, 0.0F);
    parts.ops->cross_entropy(&result.loss, state.losses, state.logits, labels, rows, vocabulary,
                             nullptr);
    if (gradient == nullptr) continue;
    multiply(state.d_normed + begin * d, d, state.logits, vocabulary, head, d, rows, d, vocabulary,
             0.0F);
    add_transposed_product(gradient + parts.head, d, state.logits, vocabulary, x, d, rows, d,
                           vocabulary);
  }
  return result;
}

}  // namespace orch::model
