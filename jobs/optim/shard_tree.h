#pragma once
// The one fixed binary tree in which values of S logical shards are summed, and the parts of it
// that a contiguous range of shards can sum alone. Whoever sums which part, each addition has the
// same two operands, so the bits agree for any number of ranks and threads. Pure; owned by its
// user; one thread.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/check.h"

namespace orch::optim {

/// A subtree: shards [index·2^level, (index+1)·2^level).
struct TreeNode {
  int level = 0;
  int index = 0;
  int begin() const { return index << level; }
  int end() const { return (index + 1) << level; }
  bool operator==(const TreeNode&) const = default;
};

/// Half-open range of shards, blocks or whatever is dealt out evenly.
struct Range {
  std::int64_t begin = 0, end = 0;
  std::int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};

/// Part `part` of `parts` of [0, total): [part·total/parts, (part+1)·total/parts).
constexpr Range even_part(std::int64_t total, int part, int parts) {
  return {total * part / parts, total * (part + 1) / parts};
}

constexpr bool is_power_of_two(int n) {
  return n > 0 && std::has_single_bit(static_cast<unsigned>(n));
}

/// Binary counter over tree nodes: leaves are pushed from left to right, a node whose left sibling
/// lies on top of the stack is added to it at once. What remains are the maximal subtrees of what
/// was pushed, from left to right. `Value` is moved; `Add` is called as add(left, right) and must
/// do left += right. At most 2·log2(S) values remain.
template <typename Value>
class TreeSum {
 public:
  struct Entry {
    TreeNode node;
    Value value;
  };
  /// Nodes must follow each other without a gap. Bug otherwise.
  template <typename Add>
  void push(TreeNode node, Value value, Add&& add) {
    ORCH_CHECK(entries_.empty() || entries_.back().node.end() == node.begin(),
               "gap before shard %d", node.begin());
    while (!entries_.empty() && entries_.back().node.level == node.level && node.index % 2 == 1) {
      add(entries_.back().value, value);
      value = std::move(entries_.back().value);
      entries_.pop_back();
      node = {node.level + 1, node.index / 2};
    }
    entries_.push_back({node, std::move(value)});
  }
  std::vector<Entry>& entries() { return entries_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// The nodes that remain after pushing shards [begin, end): what a rank with that range sends.
inline std::vector<TreeNode> maximal_subtrees(int begin, int end) {
  TreeSum<char> sum;
  for (int shard = begin; shard < end; ++shard) sum.push({0, shard}, 0, [](char&, char&) {});
  std::vector<TreeNode> nodes;
  for (const auto& entry : sum.entries()) nodes.push_back(entry.node);
  return nodes;
}

/// Fixed pairwise sum of n doubles: splits at the largest power of two below n.
inline double tree_sum(const double* values, std::size_t n) {
  if (n == 0) return 0;
  if (n == 1) return values[0];
  const std::size_t half = std::bit_ceil(n) / 2;
  return tree_sum(values, half) + tree_sum(values + half, n - half);
}

}  // namespace orch::optim
