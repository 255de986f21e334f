#include "jobs/tokenizer/fast_tables.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace orch::tokenizer {

namespace {

constexpr std::size_t kFilterBitsPerPair = 16;
constexpr std::uint32_t kChildrenMax = 255;
constexpr std::size_t kBytesMax = std::size_t{1} << 31;

/// Finds which merges can happen, and with them which tokens are reachable: shorter tokens first,
/// so that the parts of a token are known before it.
class Deriver {
 public:
  Deriver(FastTablesStorage& out, const std::vector<Merge>& merges) : out_(out), merges_(merges) {}

  void run() {
    std::vector<std::uint32_t> every(merges_.size());
    for (std::uint32_t rank = 0; rank < every.size(); ++rank) every[rank] = rank;
    fill_pairs(every);
    const FastTables view = out_.view();
    std::vector<std::uint32_t> accepted;
    accepted.reserve(out_.makes.size());
    for (const std::uint32_t rank : by_length()) {
      const auto left = static_cast<std::uint32_t>(merges_[rank].left);
      const auto right = static_cast<std::uint32_t>(merges_[rank].right);
      TokenMake& make = out_.makes[static_cast<std::size_t>(merges_[rank].merged)];
      // What is made by one pair is never made by another.
      if (make.formed() != kNeverFormed || !reachable(left) || !reachable(right)) continue;
      if (!view.side_by_side(left, right, true)) continue;
      make.set_made(left, right, rank + 1,
                    std::max({rank + 1, out_.makes[left].clock(), out_.makes[right].clock()}));
      accepted.push_back(rank);
    }
    fill_pairs(accepted);
  }

 private:
  bool reachable(std::uint32_t id) const { return out_.makes[id].formed() != kNeverFormed; }

  void fill_pairs(const std::vector<std::uint32_t>& ranks) {
    out_.pairs.assign(std::bit_ceil(std::max<std::size_t>(16, ranks.size() * 4 / 3)), PairSlot());
    out_.pair_bits.assign(
        std::bit_ceil(std::max<std::size_t>(1, ranks.size() * kFilterBitsPerPair / 64)), 0);
    for (const std::uint32_t rank : ranks) {
      const auto left = static_cast<std::uint32_t>(merges_[rank].left);
      const auto right = static_cast<std::uint32_t>(merges_[rank].right);
      const std::uint64_t h = FastTables::pair_hash(left, right);
      out_.pair_bits[h >> 6 & (out_.pair_bits.size() - 1)] |= std::uint64_t{1} << (h & 63);
      std::size_t i = h >> 20 & (out_.pairs.size() - 1);
      while (out_.pairs[i].left != kNoToken) i = (i + 1) & (out_.pairs.size() - 1);
      out_.pairs[i] = {left, right, rank + 1};
    }
  }

  /// Ranks, those of short tokens first, else in order.
  std::vector<std::uint32_t> by_length() const {
    const FastTables view = out_.view();
    const auto size = [&](const Merge& m) {
      return view.size_of(static_cast<std::uint32_t>(m.merged));
    };
    std::size_t longest = 0;
    for (const Merge& m : merges_) longest = std::max(longest, size(m));
    std::vector<std::uint32_t> begins(longest + 2), ranks(merges_.size());
    for (const Merge& m : merges_) ++begins[size(m) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (std::uint32_t rank = 0; rank < merges_.size(); ++rank)
      ranks[begins[size(merges_[rank])]++] = rank;
    return ranks;
  }

  FastTablesStorage& out_;
  const std::vector<Merge>& merges_;
};

/// Builds the trie breadth first over the sorted tokens, and from it each token's `shorter`.
class TrieBuilder {
 public:
  explicit TrieBuilder(FastTablesStorage& out) : out_(out), view_(out.view()) {}

  /// False: a token has every byte as its next one, more than a node can hold; too many nodes.
  bool run() {
    sort();
    struct Open {
      std::uint32_t node, begin, end, depth, prefix;
    };
    std::vector<Open> queue;
    queue.reserve(order_.size() * 3);
    out_.nodes.reserve(order_.size() * 3);
    out_.nodes.emplace_back();
    queue.push_back({0, 0, static_cast<std::uint32_t>(order_.size()), 0, kNoToken});
    for (std::size_t at = 0; at < queue.size(); ++at) {
      Open open = queue[at];
      if (open.begin < open.end && size(open.begin) == open.depth) {
        const std::uint32_t token = order_[open.begin++].id;
        const bool reachable = out_.makes[token].formed() != kNeverFormed;
        out_.nodes[open.node].set_token(token, reachable);
        out_.makes[token].set_shorter(open.prefix);
        if (reachable) open.prefix = token;
      }
      const auto first = static_cast<std::uint32_t>(out_.nodes.size());
      for (std::uint32_t i = open.begin; i < open.end;) {
        const std::uint8_t byte = byte_at(i, open.depth);
        std::uint32_t j = i + 1;
        while (j < open.end && byte_at(j, open.depth) == byte) ++j;
        queue.push_back(
            {static_cast<std::uint32_t>(out_.nodes.size()), i, j, open.depth + 1, open.prefix});
        out_.nodes.emplace_back(byte);
        i = j;
      }
      const auto children = static_cast<std::uint32_t>(out_.nodes.size() - first);
      if (open.node != 0 && children > kChildrenMax) return false;
      if (out_.nodes.size() > TrieNode::kNodesMax) return false;
      // The root may have 256: it is never searched, pair_nodes is.
      out_.nodes[open.node].set_children(first, children);
      if (open.node == 0) root_children_ = children;
    }
    fill_pairs();
    return true;
  }

 private:
  struct Entry {
    std::uint64_t head;
    std::uint32_t id;
  };

  std::uint32_t size(std::uint32_t i) const { return sizes_[i]; }
  std::uint8_t byte_at(std::uint32_t i, std::uint32_t depth) const {
    if (depth < 8) return static_cast<std::uint8_t>(order_[i].head >> (56 - 8 * depth));
    return static_cast<std::uint8_t>(out_.bytes[out_.offsets[order_[i].id] + depth]);
  }

  void sort() {
    for (std::uint32_t id = 0; id < out_.makes.size(); ++id) {
      const std::string_view text = view_.text(id);
      if (text.empty()) continue;
      unsigned char head[8] = {};
      std::memcpy(head, text.data(), std::min<std::size_t>(8, text.size()));
      std::uint64_t word = 0;
      for (const unsigned char c : head) word = word << 8 | c;
      order_.push_back({word, id});
    }
    std::sort(order_.begin(), order_.end(), [&](const Entry& a, const Entry& b) {
      return a.head != b.head ? a.head < b.head : view_.text(a.id) < view_.text(b.id);
    });
    for (const Entry& entry : order_)
      sizes_.push_back(static_cast<std::uint32_t>(view_.size_of(entry.id)));
  }

  void fill_pairs() {
    out_.pair_nodes.assign(65536 + 256, 0);
    for (std::uint32_t i = 0; i < root_children_; ++i) {
      const std::uint32_t at = out_.nodes[0].first() + i;
      const TrieNode& node = out_.nodes[at];
      out_.pair_nodes[65536 + node.byte()] = at;
      for (std::uint32_t k = 0; k < node.children(); ++k) {
        const std::uint32_t grand = node.first() + k;
        out_.pair_nodes[std::size_t{node.byte()} << 8 | out_.nodes[grand].byte()] = grand;
      }
    }
  }

  FastTablesStorage& out_;
  FastTables view_;
  std::vector<Entry> order_;
  std::vector<std::uint32_t> sizes_;  ///< of the tokens in order_
  std::uint32_t root_children_ = 0;
};

}  // namespace

// The encoder merges the pair of the lowest rank, the leftmost of equals, again and again. Cut its
// run where the rank rises above all before it: a block is such a merge and the lower ones that it
// makes possible, all around the same token; `clock` is the rank that opened the block in which a
// token was formed. In a text of two parts with no merge across their border each part has its own
// blocks, in the order of their clocks (of equals the left part's first). Backwards over the pairs
// (left, right) that meet at the border: the merge of such a pair would have happened if its rank
// is below the clock of the block in which either is used up, or, when that is the block that
// formed it, below the rank that uses it up.
bool FastTables::side_by_side(std::uint32_t left, std::uint32_t right, bool below_top) const {
  std::uint32_t left_before = kNeverFormed, right_before = kNeverFormed;
  for (bool top = below_top;; top = false) {
    if (!top) {
      const std::uint32_t across = formed(left, right);
      if (across < left_before && across <= right_before && across != kNeverFormed) return false;
    }
    const TokenMake& l = makes[left];
    const TokenMake& r = makes[right];
    if (l.clock() > r.clock()) {
      left = l.right();
      left_before = makes[left].clock() == l.clock() ? l.formed() : l.clock();
    } else {
      if (r.clock() == 0) return true;
      right = r.left();
      // Blocks of equal clocks run from left to right: the last is in the right half if any is.
      const bool same_block =
          makes[right].clock() == r.clock() && makes[r.right()].clock() < r.clock();
      right_before = same_block ? r.formed() : r.clock();
    }
  }
}

FastTables FastTablesStorage::view() const {
  return {offsets, bytes, makes, nodes, pair_nodes, pairs, pair_bits};
}

std::unique_ptr<FastTablesStorage> make_fast_tables(const std::vector<std::string>& tokens,
                                                    const std::vector<Merge>& merges,
                                                    const std::vector<std::uint32_t>& symbols) {
  if (tokens.size() >= kNoToken || merges.size() >= kNoToken) return nullptr;
  auto out = std::make_unique<FastTablesStorage>();
  std::size_t total = 0;
  for (const auto& token : tokens) total += token.size();
  if (total > kBytesMax) return nullptr;
  out->bytes.reserve(total);
  out->offsets.reserve(tokens.size() + 1);
  out->makes.resize(tokens.size());
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    out->offsets.push_back(static_cast<std::uint32_t>(out->bytes.size()));
    out->bytes.insert(out->bytes.end(), tokens[id].begin(), tokens[id].end());
    out->makes[id].set_size(tokens[id].size());
  }
  out->offsets.push_back(static_cast<std::uint32_t>(out->bytes.size()));
  for (const std::uint32_t id : symbols) out->makes[id].set_made(kNoToken, kNoToken, 0, 0);
  Deriver(*out, merges).run();
  if (!TrieBuilder(*out).run()) return nullptr;
  return out;
}

}  // namespace orch::tokenizer
