// FastTables in a file: saved as they are, checked when mapped so that nothing in them can lead
// outside of them or round in circles.

#include <algorithm>
#include <bit>

#include "jobs/tokenizer/fast_tables.h"

namespace orch::tokenizer {

namespace {

bool sound(const FastTables& t, const TokenMake& make) {
  if (make.size_bytes == 0 || make.formed == kNeverFormed) return true;
  if (make.formed == 0) return make.clock == 0;
  const std::size_t n = t.size();
  if (make.left >= n || make.right >= n) return false;
  const TokenMake &left = t.makes[make.left], &right = t.makes[make.right];
  // Parts are shorter than the whole, so going down ends.
  return left.formed != kNeverFormed && right.formed != kNeverFormed && left.size_bytes > 0 &&
         right.size_bytes > 0 &&
         std::uint64_t{left.size_bytes} + right.size_bytes == make.size_bytes &&
         make.clock == std::max({make.formed, left.clock, right.clock});
}

bool sound_prefix(const FastTables& t, const TokenMake& make) {
  return make.shorter == kNoToken ||
         (make.shorter < t.size() && t.makes[make.shorter].formed != kNeverFormed &&
          t.makes[make.shorter].size_bytes > 0 &&
          t.makes[make.shorter].size_bytes < make.size_bytes);
}

}  // namespace

void FastTables::save(FlatWriter& out) const {
  out.array(offsets);
  out.array(bytes);
  out.array(makes);
  out.array(nodes);
  out.array(labels);
  out.array(pair_nodes);
  out.array(pairs);
  out.array(pair_bits);
}

std::optional<FastTables> FastTables::load(FlatReader& in) {
  FastTables t;
  t.offsets = in.array<std::uint32_t>();
  t.bytes = in.array<char>();
  t.makes = in.array<TokenMake>();
  t.nodes = in.array<TrieNode>();
  t.labels = in.array<std::uint8_t>();
  t.pair_nodes = in.array<std::uint32_t>();
  t.pairs = in.array<PairSlot>();
  t.pair_bits = in.array<std::uint64_t>();
  if (!in.ok() || !t.consistent()) return std::nullopt;
  return t;
}

bool FastTables::consistent() const {
  if (offsets.size() != makes.size() + 1 || offsets.back() != bytes.size() || nodes.empty() ||
      labels.size() != nodes.size() + 16 || pair_nodes.size() != 65536 + 256 ||
      !std::has_single_bit(pairs.size()) || !std::has_single_bit(pair_bits.size()))
    return false;
  for (std::size_t i = 0; i < makes.size(); ++i) {
    if (offsets[i] > offsets[i + 1] || offsets[i + 1] - offsets[i] != makes[i].size_bytes ||
        !sound(*this, makes[i]) || !sound_prefix(*this, makes[i]))
      return false;
  }
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const TrieNode& node = nodes[i];
    // That a token's size is its depth is not looked at: the encoder never goes beyond its piece.
    if (node.token() != kNoToken && node.token() >= size()) return false;
    // Children come after their parent, so going down ends.
    if (node.children() > 0 &&
        (node.first <= i || std::uint64_t{node.first} + node.children() > nodes.size()))
      return false;
  }
  const auto beyond = [&](std::uint32_t node) { return node >= nodes.size(); };
  return std::none_of(pair_nodes.begin(), pair_nodes.end(), beyond) &&
         std::any_of(pairs.begin(), pairs.end(),
                     [](const PairSlot& slot) { return slot.left == kNoToken; });
}

}  // namespace orch::tokenizer
