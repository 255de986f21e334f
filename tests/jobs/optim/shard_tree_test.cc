#include "jobs/optim/shard_tree.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace orch::optim {
namespace {

/// Values of very different sizes, so that another order of additions shows in the bits.
std::vector<float> leaves(int shards) {
  SeededRandom random(static_cast<std::uint64_t>(shards));
  std::vector<float> values;
  for (int i = 0; i < shards; ++i)
    values.push_back(static_cast<float>((random.uniform() - 0.5) *
                                        std::exp2(static_cast<double>(random.below(30)))));
  return values;
}

float full_tree(const std::vector<float>& values, int level, int index) {
  if (level == 0) return values[static_cast<std::size_t>(index)];
  return full_tree(values, level - 1, 2 * index) + full_tree(values, level - 1, 2 * index + 1);
}

const auto kAdd = [](float& left, float& right) { left += right; };

/// What `ranks` ranks together compute.
float by_ranks(const std::vector<float>& values, int ranks) {
  const int shards = static_cast<int>(values.size());
  TreeSum<float> owner;
  for (int rank = 0; rank < ranks; ++rank) {
    const Range range = even_part(shards, rank, ranks);
    TreeSum<float> local;
    for (std::int64_t shard = range.begin; shard < range.end; ++shard)
      local.push({0, static_cast<int>(shard)}, values[static_cast<std::size_t>(shard)], kAdd);
    const auto nodes = maximal_subtrees(static_cast<int>(range.begin), static_cast<int>(range.end));
    EXPECT_EQ(nodes.size(), local.entries().size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      EXPECT_EQ(nodes[i], local.entries()[i].node);
      owner.push(nodes[i], local.entries()[i].value, kAdd);
    }
  }
  EXPECT_EQ(owner.entries().size(), 1U);
  return owner.entries().front().value;
}

TEST(ShardTree, AnyNumberOfRanksGivesTheBitsOfTheFullTree) {
  for (int shards = 1; shards <= 64; shards *= 2) {
    const std::vector<float> values = leaves(shards);
    const float expected = full_tree(values, std::countr_zero(static_cast<unsigned>(shards)), 0);
    for (int ranks = 1; ranks <= shards; ++ranks)
      EXPECT_EQ(std::bit_cast<std::uint32_t>(by_ranks(values, ranks)),
                std::bit_cast<std::uint32_t>(expected))
          << shards << " shards, " << ranks << " ranks";
  }
}

TEST(ShardTree, PlainSummationWouldDiffer) {
  const std::vector<float> values = leaves(64);
  float plain = 0;
  for (const float value : values) plain += value;
  EXPECT_NE(plain, full_tree(values, 6, 0));
}

TEST(ShardTree, RanksSendFewRoots) {
  EXPECT_EQ(maximal_subtrees(0, 8), (std::vector<TreeNode>{{3, 0}}));
  EXPECT_EQ(maximal_subtrees(1, 4), (std::vector<TreeNode>{{0, 1}, {1, 1}}));
  EXPECT_EQ(maximal_subtrees(3, 11), (std::vector<TreeNode>{{0, 3}, {2, 1}, {1, 4}, {0, 10}}));
  for (int begin = 0; begin < 64; ++begin)
    for (int end = begin + 1; end <= 64; ++end) EXPECT_LE(maximal_subtrees(begin, end).size(), 11U);
}

TEST(ShardTree, EvenPartsTileTheWhole) {
  for (int parts = 1; parts <= 9; ++parts) {
    std::int64_t at = 0;
    for (int part = 0; part < parts; ++part) {
      EXPECT_EQ(even_part(649, part, parts).begin, at);
      at = even_part(649, part, parts).end;
    }
    EXPECT_EQ(at, 649);
  }
}

TEST(ShardTree, TreeSumAddsEverythingOnce) {
  std::vector<double> values;
  EXPECT_EQ(tree_sum(values.data(), 0), 0);
  for (int n = 1; n < 100; ++n) {
    values.push_back(n);
    EXPECT_EQ(tree_sum(values.data(), values.size()), n * (n + 1) / 2);
  }
}

}  // namespace
}  // namespace orch::optim
