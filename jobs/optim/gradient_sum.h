#pragma once
// The gradient of a step, summed over all shards in the one fixed tree: leaves of this rank's
// shards, then one exchange of the roots of maximal subtrees, each slice owner adding what is left
// in tree order. Owned by the train loop; called from its thread, adds spread over the team.

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "jobs/model/aligned_buffer.h"
#include "jobs/optim/shard_tree.h"
#include "jobs/optim/thread_team.h"

namespace orch::kernels {
struct Ops;
}
namespace orch::parallel {
class Comm;
}

namespace orch::optim {

class GradientSum {
 public:
  /// `blocks`: of the layout. `shards` ≥ size of the communicator.
  GradientSum(std::int64_t blocks, int shards, int rank, int ranks, const kernels::Ops& ops);

  /// A buffer of all parameters with undefined content, for one leaf.
  model::AlignedBuffer take_buffer();
  /// Adds shard `shard`, the next of this rank's range.
  void push(int shard, model::AlignedBuffer gradient, ThreadTeam& team);
  /// After this rank's last shard: the sum over all shards of this rank's slice. Valid until
  /// reset().
  Result<std::span<float>> finish(parallel::Comm& comm);
  /// Keeps the buffers, forgets the sums.
  void reset();

  /// This rank's shards and blocks.
  Range shards() const { return even_part(shards_, rank_, ranks_); }
  Range blocks() const { return even_part(blocks_, rank_, ranks_); }

 private:
  using Tree = TreeSum<model::AlignedBuffer>;
  std::span<float> slice(model::AlignedBuffer& buffer, int owner) const;

  std::int64_t blocks_;
  int shards_, rank_, ranks_;
  const kernels::Ops& ops_;
  Tree tree_;
  std::vector<model::AlignedBuffer> free_;
  std::vector<std::vector<float>> send_, receive_;
};

}  // namespace orch::optim
