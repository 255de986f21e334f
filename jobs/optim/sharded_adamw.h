#pragma once
// AdamW with its moments cut into slices of whole blocks, one a rank. Norm and digest are fixed
// trees over blocks, so every number is the same for any rank count. Owned by the train loop; work
// spread over the team.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/model/layout.h"
#include "jobs/optim/shard_tree.h"
#include "jobs/optim/thread_team.h"
#include "protocol/spec.h"

namespace orch::kernels {
struct Ops;
}
namespace orch::parallel {
class Comm;
}

namespace orch::optim {

class ShardedAdamW {
 public:
  ShardedAdamW(const model::Layout& layout, const protocol::OptimizerSpec& spec,
               const kernels::Ops& ops, int rank, int ranks);

  Range blocks() const { return blocks_; }
  /// exp_avg and exp_avg_sq of this rank's blocks.
  std::span<float> m() { return m_.span(); }
  std::span<float> v() { return v_.span(); }

  /// Norm of the mean gradient over all ranks; not finite if any element is not. Collective.
  Result<double> gradient_norm(std::span<const float> gradient_slice, std::int64_t tokens,
                               parallel::Comm& comm);
  /// Updates this rank's slice of `parameters`, then gathers all slices. `step` counts from 1.
  /// Collective.
  Result<void> update(std::span<float> parameters, std::span<const float> gradient_slice,
                      double norm, std::int64_t tokens, double lr, std::int64_t step,
                      parallel::Comm& comm, ThreadTeam& team);
  /// Digest of parameters and moments, see state_digest.h. Collective.
  Result<std::string> digest(std::span<const float> parameters, parallel::Comm& comm,
                             ThreadTeam& team);

 private:
  /// A part of the slice with one weight decay.
  struct Segment {
    std::int64_t begin = 0, size = 0;  ///< floats, from the start of the slice
    bool decay = false;
  };
  std::vector<std::size_t> sizes_of_all(std::size_t bytes_per_block) const;

  protocol::OptimizerSpec spec_;
  const kernels::Ops& ops_;
  std::int64_t blocks_total_;
  int ranks_;
  Range blocks_;
  std::vector<Segment> segments_;
  model::AlignedBuffer m_, v_;
};

}  // namespace orch::optim
