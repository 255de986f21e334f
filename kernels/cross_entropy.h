#pragma once
// Softmax cross-entropy with its gradient in one pass, and log-probabilities of given tokens for
// evaluation. Forms: _ref.cc, _cpu.cc, .cu. A row's result depends on that row alone.

#include <cstdint>

namespace orch::kernels {

/// For each row: loss = logsumexp(logits) − logits[label]; logits become the gradient of the SUM of
/// losses, softmax − onehot. A row with label −1 has loss 0 and gradient 0. *loss_sum += Σ losses,
/// in row order, fp64; NaN and infinity in a row reach its loss.
/// Shapes: logits (rows, vocabulary); labels, losses (rows); loss_sum: one double. On CUDA all are
/// device memory.
using CrossEntropy = void(double* loss_sum, float* losses, float* logits,
                          const std::int32_t* labels, std::int64_t rows, std::int64_t vocabulary,
                          void* stream);

/// out = log softmax(logits)[label]; greedy = 1 if the label has the largest logit (the first of
/// equals), else 0. A row with label −1 has out 0, greedy 0. `greedy` may be null.
/// Shapes: logits (rows, vocabulary); labels, out, greedy (rows).
using LogSoftmaxGather = void(float* out, std::uint8_t* greedy, const float* logits,
                              const std::int32_t* labels, std::int64_t rows,
                              std::int64_t vocabulary, void* stream);

}  // namespace orch::kernels
