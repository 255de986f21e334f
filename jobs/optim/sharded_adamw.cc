#include "jobs/optim/sharded_adamw.h"

#include <algorithm>
#include <cmath>

#include "jobs/optim/state_digest.h"
#include "jobs/parallel/comm.h"
#include "kernels/ops.h"

namespace orch::optim {

ShardedAdamW::ShardedAdamW(const model::Layout& layout, const protocol::OptimizerSpec& spec,
                           const kernels::Ops& ops, int rank, int ranks)
    : spec_(spec),
      ops_(ops),
      blocks_total_(layout.blocks()),
      ranks_(ranks),
      blocks_(even_part(layout.blocks(), rank, ranks)),
      m_(blocks_.size() * model::kBlock),
      v_(blocks_.size() * model::kBlock) {
  // Chunks small enough to be shared out among threads; gaps between tensors stay zero.
  constexpr std::int64_t kChunk = 16 * model::kBlock;
  const std::int64_t begin = blocks_.begin * model::kBlock, end = blocks_.end * model::kBlock;
  for (const model::Parameter& parameter : layout.parameters) {
    const std::int64_t last = std::min(end, parameter.offset + parameter.size);
    for (std::int64_t at = std::max(begin, parameter.offset); at < last; at += kChunk)
      segments_.push_back({at - begin, std::min(kChunk, last - at), parameter.decay});
  }
}

std::vector<std::size_t> ShardedAdamW::sizes_of_all(std::size_t bytes_per_block) const {
  std::vector<std::size_t> sizes;
  for (int rank = 0; rank < ranks_; ++rank)
    sizes.push_back(static_cast<std::size_t>(even_part(blocks_total_, rank, ranks_).size()) *
                    bytes_per_block);
  return sizes;
}

Result<double> ShardedAdamW::gradient_norm(std::span<const float> gradient_slice,
                                           std::int64_t tokens, parallel::Comm& comm) {
  std::vector<double> all(static_cast<std::size_t>(blocks_total_));
  const std::span<double> mine = std::span(all).subspan(static_cast<std::size_t>(blocks_.begin),
                                                        static_cast<std::size_t>(blocks_.size()));
  for (std::size_t block = 0; block < mine.size(); ++block)
    ops_.sum_squares(&mine[block], gradient_slice.data() + block * model::kBlock, model::kBlock,
                     nullptr);
  ORCH_TRY(comm.all_gather_v(std::as_bytes(mine), std::as_writable_bytes(std::span(all)),
                             sizes_of_all(sizeof(double))));
  return std::sqrt(tree_sum(all.data(), all.size())) / static_cast<double>(tokens);
}

Result<void> ShardedAdamW::update(std::span<float> parameters,
                                  std::span<const float> gradient_slice, double norm,
                                  std::int64_t tokens, double lr, std::int64_t step,
                                  parallel::Comm& comm, ThreadTeam& team) {
  const double clip = spec_.clip > 0 ? std::min(1.0, spec_.clip / (norm + 1e-6)) : 1.0;
  kernels::AdamWStep numbers{.lr = static_cast<float>(lr),
                             .beta1 = static_cast<float>(spec_.beta1),
                             .beta2 = static_cast<float>(spec_.beta2),
                             .epsilon = static_cast<float>(spec_.eps),
                             .weight_decay = 0,
                             .grad_scale = static_cast<float>(clip / static_cast<double>(tokens)),
                             .step = step};
  const std::span<float> mine =
      parameters.subspan(static_cast<std::size_t>(blocks_.begin * model::kBlock),
                         static_cast<std::size_t>(blocks_.size() * model::kBlock));
  team.run([&](int thread) {
    kernels::AdamWStep own = numbers;
    const Range part = even_part(static_cast<std::int64_t>(segments_.size()), thread, team.size());
    for (std::int64_t i = part.begin; i < part.end; ++i) {
      const Segment& segment = segments_[static_cast<std::size_t>(i)];
      own.weight_decay = segment.decay ? static_cast<float>(spec_.weight_decay) : 0.0F;
      ops_.adamw(mine.data() + segment.begin, m_.data() + segment.begin, v_.data() + segment.begin,
                 gradient_slice.data() + segment.begin, segment.size, own, nullptr);
    }
  });
  if (ranks_ == 1) return {};
  return comm.all_gather_v(std::as_bytes(mine), std::as_writable_bytes(parameters),
                           sizes_of_all(model::kBlock * sizeof(float)));
}

Result<std::string> ShardedAdamW::digest(std::span<const float> parameters, parallel::Comm& comm,
                                         ThreadTeam& team) {
  std::vector<std::byte> all(static_cast<std::size_t>(blocks_total_) * kBlockDigestBytes);
  team.run([&](int thread) {
    const Range part = even_part(blocks_.size(), thread, team.size());
    const auto begin = static_cast<std::size_t>(part.begin),
               size = static_cast<std::size_t>(part.size());
    const auto first = static_cast<std::size_t>(blocks_.begin);
    constexpr auto kBlock = static_cast<std::size_t>(model::kBlock);
    digest_blocks(
        parameters.subspan((first + begin) * kBlock, size * kBlock),
        m_.span().subspan(begin * kBlock, size * kBlock),
        v_.span().subspan(begin * kBlock, size * kBlock),
        std::span(all).subspan((first + begin) * kBlockDigestBytes, size * kBlockDigestBytes));
  });
  const std::span<const std::byte> mine =
      std::span(all).subspan(static_cast<std::size_t>(blocks_.begin) * kBlockDigestBytes,
                             static_cast<std::size_t>(blocks_.size()) * kBlockDigestBytes);
  ORCH_TRY(comm.all_gather_v(mine, all, sizes_of_all(kBlockDigestBytes)));
  return state_digest(all);
}

}  // namespace orch::optim
