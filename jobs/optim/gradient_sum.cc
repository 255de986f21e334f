#include "jobs/optim/gradient_sum.h"

#include <algorithm>

#include "jobs/model/layout.h"
#include "jobs/parallel/comm.h"
#include "kernels/ops.h"

namespace orch::optim {

GradientSum::GradientSum(std::int64_t blocks, int shards, int rank, int ranks,
                         const kernels::Ops& ops)
    : blocks_(blocks), shards_(shards), rank_(rank), ranks_(ranks), ops_(ops) {
  ORCH_CHECK(is_power_of_two(shards) && ranks >= 1 && ranks <= shards, "%d shards, %d ranks",
             shards, ranks);
  send_.resize(static_cast<std::size_t>(ranks));
  receive_.resize(static_cast<std::size_t>(ranks));
}

model::AlignedBuffer GradientSum::take_buffer() {
  if (free_.empty()) return model::AlignedBuffer(blocks_ * model::kBlock);
  model::AlignedBuffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void GradientSum::push(int shard, model::AlignedBuffer gradient, ThreadTeam& team) {
  tree_.push({0, shard}, std::move(gradient),
             [&](model::AlignedBuffer& left, model::AlignedBuffer& right) {
               team.run([&](int thread) {
                 const Range part = even_part(blocks_, thread, team.size());
                 ops_.add_into(left.data() + part.begin * model::kBlock,
                               right.data() + part.begin * model::kBlock,
                               part.size() * model::kBlock, nullptr);
               });
               free_.push_back(std::move(right));
             });
}

std::span<float> GradientSum::slice(model::AlignedBuffer& buffer, int owner) const {
  const Range part = even_part(blocks_, owner, ranks_);
  return buffer.span().subspan(static_cast<std::size_t>(part.begin * model::kBlock),
                               static_cast<std::size_t>(part.size() * model::kBlock));
}

Result<std::span<float>> GradientSum::finish(parallel::Comm& comm) {
  const std::size_t mine_size = static_cast<std::size_t>(blocks().size() * model::kBlock);
  std::vector<std::vector<TreeNode>> nodes;  // of each rank
  std::vector<std::span<const std::byte>> send;
  std::vector<std::span<std::byte>> receive;
  for (int peer = 0; peer < ranks_; ++peer) {
    const Range range = even_part(shards_, peer, ranks_);
    nodes.push_back(maximal_subtrees(static_cast<int>(range.begin), static_cast<int>(range.end)));
    auto& out = send_[static_cast<std::size_t>(peer)];
    auto& in = receive_[static_cast<std::size_t>(peer)];
    out.clear();
    if (peer != rank_) {
      for (auto& entry : tree_.entries()) {
        const std::span<float> part = slice(entry.value, peer);
        out.insert(out.end(), part.begin(), part.end());
      }
      in.resize(nodes.back().size() * mine_size);
    }
    send.push_back(std::as_bytes(std::span<const float>(out)));
    receive.push_back(std::as_writable_bytes(std::span<float>(in)));
  }
  if (ranks_ > 1) ORCH_TRY(comm.all_to_all_v(send, receive));

  TreeSum<std::span<float>> sum;
  const auto add = [&](std::span<float>& left, std::span<float>& right) {
    ops_.add_into(left.data(), right.data(), static_cast<std::int64_t>(left.size()), nullptr);
  };
  for (int peer = 0; peer < ranks_; ++peer) {
    const auto& peer_nodes = nodes[static_cast<std::size_t>(peer)];
    for (std::size_t i = 0; i < peer_nodes.size(); ++i) {
      std::span<float> part = peer == rank_
                                  ? slice(tree_.entries()[i].value, rank_)
                                  : std::span<float>(receive_[static_cast<std::size_t>(peer)])
                                        .subspan(i * mine_size, mine_size);
      sum.push(peer_nodes[i], part, add);
    }
  }
  ORCH_CHECK(sum.entries().size() == 1, "%zu roots", sum.entries().size());
  return sum.entries().front().value;
}

void GradientSum::reset() {
  for (auto& entry : tree_.entries()) free_.push_back(std::move(entry.value));
  tree_.entries().clear();
}

}  // namespace orch::optim
