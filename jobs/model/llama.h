#pragma once
// The Llama decoder with explicit forward and backward, fp32, single-threaded: one call computes
// one logical shard, and its bits depend on parameters, batch and shape only. Several threads may
// use one Llama, each with its Workspace.

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/model/batch.h"
#include "jobs/model/config.h"
#include "jobs/model/layout.h"

namespace orch::kernels {
struct Ops;
}

namespace orch::model {

/// Call first in each thread that computes: matrix products then use this thread alone.
void single_threaded_math();

/// Activations of one thread. Grows at the first call with a larger shape; no allocation
/// afterwards.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;

  struct State;  ///< jobs/model/workspace.h
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

struct ShardLoss {
  double loss = 0.0;        ///< sum over counted tokens, in row order
  std::int64_t tokens = 0;  ///< labels that are not -1
};

class Llama {
 public:
  /// `ops` must outlive the model. Errors: kInvalid from check_config.
  static Result<Llama> create(Config config, const kernels::Ops& ops);
  ~Llama();
  Llama(Llama&&) noexcept;
  Llama& operator=(Llama&&) noexcept;

  const Config& config() const;
  const Layout& layout() const;

  /// Shapes, id, label, position and segment ranges. Data is checked once here, not in the hot
  /// path.
  Result<void> check(const Batch& batch) const;

  /// Adds the gradient of the SUM of token losses to `gradient`. A NaN or infinity shows in the
  /// loss or the gradient. Shapes: parameters, gradient (Layout::total), 64-byte aligned.  Errors:
  /// aborts on sizes and alignment; the batch must have passed check().
  ShardLoss forward_backward(std::span<const float> parameters, const Batch& batch,
                             std::span<float> gradient, Workspace& workspace) const;
  /// Loss only.
  ShardLoss loss(std::span<const float> parameters, const Batch& batch, Workspace& workspace) const;
  /// Shapes: out (windows · length, vocabulary).
  void logits(std::span<const float> parameters, const Batch& batch, std::span<float> out,
              Workspace& workspace) const;

  struct Parts;  ///< offsets and tables, shared with Inference (jobs/model/parts.h)
  const Parts& parts() const { return *parts_; }

 private:
  explicit Llama(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace orch::model
