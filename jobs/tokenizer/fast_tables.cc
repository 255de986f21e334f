#include "jobs/tokenizer/fast_tables.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "jobs/tokenizer/prefetch.h"
#include "jobs/tokenizer/side_task.h"

namespace orch::tokenizer {

namespace {

constexpr std::size_t kFilterBitsPerPair = 16;
constexpr std::size_t kAhead = 16;  ///< so many merges ahead, what they need is fetched
constexpr std::uint32_t kChildrenMax = 255;

/// Finds which merges can happen, and with them which tokens are reachable: shorter tokens first,
/// so that the parts of a token are known before it. Only merges that can happen are ever looked
/// for: of two tokens that lie side by side in a text, all before it is decided by shorter ones.
class Deriver {
 public:
  Deriver(FastTablesStorage& out, std::span<const Merge> merges) : out_(out), merges_(merges) {}

  void run() {
    make_room(std::min(merges_.size(), out_.makes.size()));
    const FastTables view = out_.view();
    const auto ranks = by_length();
    for (std::size_t at = 0; at < ranks.size(); ++at) {
      if (at + kAhead < ranks.size()) fetch(merges_[ranks[at + kAhead]]);
      const std::uint32_t rank = ranks[at];
      const auto left = static_cast<std::uint32_t>(merges_[rank].left);
      const auto right = static_cast<std::uint32_t>(merges_[rank].right);
      TokenMake& make = out_.makes[static_cast<std::size_t>(merges_[rank].merged)];
      // What is made by one pair is never made by another.
      if (make.formed() != kNeverFormed || !reachable(left) || !reachable(right)) continue;
      if (!view.side_by_side(left, right, true)) continue;
      make.set_made(left, right, rank + 1, out_.makes[left], out_.makes[right]);
      accept(left, right, rank + 1);
    }
  }

 private:
  bool reachable(std::uint32_t id) const { return out_.makes[id].formed() != kNeverFormed; }

  void fetch(const Merge& merge) const {
    for (const std::int32_t id : {merge.left, merge.right, merge.merged})
      prefetch(&out_.makes[static_cast<std::size_t>(id)]);
  }

  void make_room(std::size_t pairs) {
    out_.pairs.assign(std::bit_ceil(std::max<std::size_t>(16, pairs * 4 / 3)), PairSlot());
    out_.pair_filter = HashFilter::words_for(pairs, kFilterBitsPerPair);
  }

  void accept(std::uint32_t left, std::uint32_t right, std::uint32_t formed) {
    const std::uint64_t h = FastTables::pair_hash(left, right);
    HashFilter::put(h, out_.pair_filter);
    std::size_t i = h >> 20 & (out_.pairs.size() - 1);
    while (out_.pairs[i].left != kNoToken) i = (i + 1) & (out_.pairs.size() - 1);
    out_.pairs[i] = {left, right, formed};
  }

  /// Ranks, those of short tokens first, else in order.
  FastTablesStorage::Array<std::uint32_t> by_length() const {
    const FastTables view = out_.view();
    const auto size = [&](const Merge& m) {
      return view.size_of(static_cast<std::uint32_t>(m.merged));
    };
    std::size_t longest = 0;
    for (const Merge& m : merges_) longest = std::max(longest, size(m));
    std::vector<std::uint32_t> begins(longest + 2);
    FastTablesStorage::Array<std::uint32_t> ranks(merges_.size());
    for (const Merge& m : merges_) ++begins[size(m) + 1];
    for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
    for (std::uint32_t rank = 0; rank < merges_.size(); ++rank)
      ranks[begins[size(merges_[rank])]++] = rank;
    return ranks;
  }

  FastTablesStorage& out_;
  const std::span<const Merge> merges_;
};

/// Builds the trie breadth first over the sorted tokens. Reads nothing of the storage but the
/// tokens until finish(), so that the merges can be derived meanwhile.
class TrieBuilder {
 public:
  explicit TrieBuilder(FastTablesStorage& out) : out_(out) {}

  void build() {
    sort();
    nodes_.reserve(order_.size() * 3);
    nodes_.emplace_back();
    std::vector<Open> level = {{0, static_cast<std::uint32_t>(order_.size())}}, below;
    std::size_t at = 0;
    for (std::uint32_t depth = 0; !level.empty() && fits_; ++depth) {
      for (const Open& open : level) add_children(at++, open, depth, below);
      level.swap(below);
      below.clear();
    }
  }

  /// When it is known which tokens are reachable: marks them, and finds each token's `shorter`.
  /// False: a token has every byte as its next one, more than a node can hold; too many nodes.
  bool finish() {
    if (!fits_) return false;
    std::vector<std::uint32_t, PageAllocator<std::uint32_t>> prefixes(nodes_.size(), kNoToken);
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      TrieNode& node = nodes_[at];
      std::uint32_t prefix = prefixes[at];
      if (const std::uint32_t token = node.token(); token != kNoToken) {
        TokenMake& make = out_.makes[token];
        make.set_shorter(prefix);
        if (make.formed() != kNeverFormed) {
          node.set_token(token, true);
          prefix = token;
        }
      }
      const std::size_t children = at == 0 ? root_children_ : node.children();
      std::fill_n(prefixes.begin() + node.first(), children, prefix);
    }
    out_.nodes = std::move(nodes_);
    fill_pairs();
    return true;
  }

 private:
  /// Tokens [begin, end) of order_ begin with the bytes that lead to a node.
  struct Open {
    std::uint32_t begin, end;
  };
  struct Entry {
    std::uint64_t head;  ///< the first eight bytes, as a number that sorts like them
    std::uint32_t id, size_bytes;
  };

  void add_children(std::size_t at, Open open, std::uint32_t depth, std::vector<Open>& below) {
    if (open.begin < open.end && order_[open.begin].size_bytes == depth)
      nodes_[at].set_token(order_[open.begin++].id, false);
    const auto first = static_cast<std::uint32_t>(nodes_.size());
    for (std::uint32_t i = open.begin; i < open.end;) {
      const std::uint8_t byte = byte_at(i, depth);
      std::uint32_t j = i + 1;
      while (j < open.end && byte_at(j, depth) == byte) ++j;
      below.push_back({i, j});
      nodes_.emplace_back(byte);
      i = j;
    }
    const auto children = static_cast<std::uint32_t>(nodes_.size() - first);
    if ((at != 0 && children > kChildrenMax) || nodes_.size() > TrieNode::kNodesMax) fits_ = false;
    // The root may have 256: it is never searched, pair_nodes is.
    nodes_[at].set_children(first, children);
    if (at == 0) root_children_ = children;
  }

  std::uint8_t byte_at(std::uint32_t i, std::uint32_t depth) const {
    if (depth < 8) return static_cast<std::uint8_t>(order_[i].head >> (56 - 8 * depth));
    return static_cast<std::uint8_t>(out_.tokens[order_[i].id][depth]);
  }

  static std::uint64_t head_of(std::string_view text) {
    unsigned char head[8] = {};
    std::memcpy(head, text.data(), std::min<std::size_t>(8, text.size()));
    std::uint64_t word = 0;
    for (const unsigned char c : head) word = word << 8 | c;
    return word;
  }

  /// First by the first two bytes, which leaves little to compare.
  void sort() {
    const TokenTexts& tokens = out_.tokens;
    const auto bucket = [](std::uint64_t head) { return static_cast<std::size_t>(head >> 48); };
    std::vector<std::uint32_t> ends(65536 + 1);
    std::vector<std::uint64_t, PageAllocator<std::uint64_t>> heads(tokens.size());
    for (std::size_t id = 0; id < tokens.size(); ++id) {
      if (tokens[id].empty()) continue;
      heads[id] = head_of(tokens[id]);
      ++ends[bucket(heads[id]) + 1];
    }
    for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
    order_.resize(ends.back());
    for (std::uint32_t id = 0; id < tokens.size(); ++id)
      if (const std::size_t size_bytes = tokens[id].size(); size_bytes > 0)
        order_[ends[bucket(heads[id])]++] = {heads[id], id, static_cast<std::uint32_t>(size_bytes)};
    const auto less = [&](const Entry& a, const Entry& b) {
      return a.head != b.head ? a.head < b.head : tokens[a.id] < tokens[b.id];
    };
    for (std::size_t i = 0, begin = 0; i < 65536; begin = ends[i++])
      if (ends[i] > begin + 1) std::sort(order_.data() + begin, order_.data() + ends[i], less);
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
  FastTablesStorage::Array<TrieNode> nodes_;
  std::vector<Entry, PageAllocator<Entry>> order_;
  std::uint32_t root_children_ = 0;
  bool fits_ = true;
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
    const TokenMake &l = makes[left], &r = makes[right];
    if (l.clock() > r.clock()) {
      left = l.right();
      left_before = l.right_part_until();
    } else {
      if (r.clock() == 0) return true;
      right = r.left();
      right_before = r.left_part_until();
    }
  }
}

FastTables FastTablesStorage::view() const {
  return {tokens.offsets(),       tokens.bytes(), makes, nodes, pair_nodes, pairs,
          HashFilter(pair_filter)};
}

std::unique_ptr<FastTablesStorage> make_fast_tables(TokenTexts tokens,
                                                    std::span<const Merge> merges,
                                                    const std::vector<std::uint32_t>& symbols) {
  if (tokens.size() >= kNoToken || merges.size() >= kNoToken) return nullptr;
  if (tokens.bytes().size() > TokenTexts::kBytesMax) return nullptr;
  auto out = std::make_unique<FastTablesStorage>();
  out->tokens = std::move(tokens);
  out->makes.resize(out->tokens.size());
  for (std::size_t id = 0; id < out->tokens.size(); ++id)
    out->makes[id].set_size(out->tokens[id].size());
  for (const std::uint32_t id : symbols) out->makes[id].set_symbol();
  TrieBuilder trie(*out);
  if (merges.size() < kMergesAside) {
    trie.build();
    Deriver(*out, merges).run();
  } else {
    SideTask beside([&] { trie.build(); });
    Deriver(*out, merges).run();
  }
  if (!trie.finish()) return nullptr;
  return out;
}

}  // namespace orch::tokenizer
