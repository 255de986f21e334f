// FastTables in a file: saved as they are, checked when mapped so that nothing in them can lead
// outside of them or round in circles.

#include <algorithm>
#include <bit>

#include "jobs/tokenizer/fast_tables.h"

namespace orch::tokenizer {

namespace {

bool sound(const FastTables& t, std::uint32_t id) {
  const TokenMake& make = t.makes[id];
  if (make.size_bytes() == 0 || make.formed() == kNeverFormed) return true;
  if (make.formed() == 0) return make.clock() == 0;
  const std::size_t n = t.size();
  if (make.left() >= n || make.right() >= n) return false;
  const TokenMake &left = t.makes[make.left()], &right = t.makes[make.right()];
  // Parts are shorter than the whole, so going down ends.
  return left.formed() != kNeverFormed && right.formed() != kNeverFormed && left.size_bytes() > 0 &&
         right.size_bytes() > 0 &&
         t.size_of(make.left()) + t.size_of(make.right()) == t.size_of(id) &&
         make.clock() == std::max({make.formed(), left.clock(), right.clock()});
}

bool sound_prefix(const FastTables& t, std::uint32_t id) {
  const std::uint32_t shorter = t.makes[id].shorter();
  return shorter == kNoToken ||
         (shorter < t.size() && t.makes[shorter].formed() != kNeverFormed &&
          t.makes[shorter].size_bytes() > 0 && t.size_of(shorter) < t.size_of(id));
}

}  // namespace

void FastTables::save(FlatWriter& out) const {
  out.array(offsets);
  out.array(bytes);
  out.array(makes);
  out.array(nodes);
  out.array(pair_nodes);
  out.array(pairs);
  out.array(pair_filter.words());
}

std::optional<FastTables> FastTables::load(FlatReader& in) {
  FastTables t;
  t.offsets = in.array<std::uint32_t>();
  t.bytes = in.array<char>();
  t.makes = in.array<TokenMake>();
  t.nodes = in.array<TrieNode>();
  t.pair_nodes = in.array<std::uint32_t>();
  t.pairs = in.array<PairSlot>();
  t.pair_filter = HashFilter(in.array<std::uint64_t>());
  if (!in.ok() || !t.consistent()) return std::nullopt;
  return t;
}

bool FastTables::consistent() const {
  if (offsets.size() != makes.size() + 1 || offsets.back() != bytes.size() || nodes.empty() ||
      nodes.size() > TrieNode::kNodesMax || pair_nodes.size() != 65536 + 256 ||
      !std::has_single_bit(pairs.size()) || !std::has_single_bit(pair_filter.words().size()))
    return false;
  for (std::size_t i = 0; i < makes.size(); ++i)
    if (offsets[i] > offsets[i + 1] ||
        std::min(offsets[i + 1] - offsets[i], TokenMake::kSizeMax) != makes[i].size_bytes())
      return false;
  for (std::uint32_t id = 0; id < makes.size(); ++id)
    if (!sound(*this, id) || !sound_prefix(*this, id)) return false;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const TrieNode& node = nodes[i];
    // That a token's size is its depth is not looked at: the encoder never goes beyond its piece.
    if (node.token() == kNoToken ? node.reachable() : node.token() >= size()) return false;
    if (node.reachable() &&
        (makes[node.token()].formed() == kNeverFormed || makes[node.token()].size_bytes() == 0))
      return false;
    // Children come after their parent, so going down ends.
    if (node.children() > 0 &&
        (node.first() <= i || std::uint64_t{node.first()} + node.children() > nodes.size()))
      return false;
  }
  const auto beyond = [&](std::uint32_t node) { return node >= nodes.size(); };
  return std::none_of(pair_nodes.begin(), pair_nodes.end(), beyond) &&
         std::any_of(pairs.begin(), pairs.end(),
                     [](const PairSlot& slot) { return slot.left == kNoToken; });
}

}  // namespace orch::tokenizer
