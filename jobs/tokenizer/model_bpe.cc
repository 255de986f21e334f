// BPE over characters, as the original merges: a heap of candidate pairs by rank, then position;
// entries that went stale are known by what they would make.

#include <algorithm>
#include <array>
#include <bit>
#include <queue>

#include "jobs/tokenizer/model.h"
#include "jobs/tokenizer/prefix_tree.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};

/// Pair of ids → rank and what it becomes; open addressing.
class MergeTable {
 public:
  struct Entry {
    std::uint64_t pair = kFree;
    std::uint32_t rank = 0;
    std::int32_t merged = 0;
  };

  explicit MergeTable(const MergeList& merges)
      : slots_(std::bit_ceil(std::max<std::size_t>(16, merges.size() * 2))) {
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
      const std::uint64_t pair = key(merges[rank].left, merges[rank].right);
      std::size_t i = start(pair);
      while (slots_[i].pair != kFree) i = (i + 1) & (slots_.size() - 1);
      slots_[i] = {pair, static_cast<std::uint32_t>(rank), merges[rank].merged};
    }
  }

  const Entry* find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t pair = key(left, right);
    for (std::size_t i = start(pair); slots_[i].pair != kFree; i = (i + 1) & (slots_.size() - 1))
      if (slots_[i].pair == pair) return &slots_[i];
    return nullptr;
  }

 private:
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};
  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
  }
  std::size_t start(std::uint64_t pair) const {
    return (pair * 0x9E3779B97F4A7C15 >> 24) & (slots_.size() - 1);
  }
  std::vector<Entry> slots_;
};

struct Symbol {
  std::int32_t id = 0;
  std::uint32_t bytes = 0;  ///< 0: merged into one before it
  bool whole = false;       ///< never merged
  std::uint32_t previous = kNone, next = kNone;
};

class BpeModel : public Model {
 public:
  BpeModel(const spec::Bpe& spec, const TokenList& tokens, const TokenIndex& index)
      : spec_(spec), index_(index), merges_(spec.merges) {
    for (const std::int32_t id : spec.user_defined)
      user_defined_.add(tokens[static_cast<std::size_t>(id)], id);
    spec_.merges.clear();
    if (spec.unk_token) unk_ = index.find(*spec.unk_token);
    for (unsigned b = 0; b < 256; ++b)
      byte_ids_[b] = index.find(byte_token(static_cast<unsigned char>(b)));
  }

  Result<void> tokenize(std::string_view piece, std::vector<ModelToken>& out) const override {
    if (spec_.ignore_merges) {
      const std::int32_t whole = index_.find(piece);
      if (whole >= 0) {
        out.push_back({whole, 0, static_cast<std::uint32_t>(piece.size()), false});
        return {};
      }
    }
    std::vector<Symbol> symbols;
    ORCH_TRY(cut(piece, symbols));
    for (std::uint32_t i = 0; i < symbols.size(); ++i) {
      symbols[i].previous = i == 0 ? kNone : i - 1;
      symbols[i].next = i + 1 == symbols.size() ? kNone : i + 1;
    }
    merge(symbols);
    std::uint32_t at = 0;
    for (const Symbol& symbol : symbols) {
      if (symbol.bytes == 0) continue;
      out.push_back({symbol.id, at, at + symbol.bytes, false});
      at += symbol.bytes;
    }
    return {};
  }

 private:
  /// Unknown characters that wait for what follows them.
  struct Unknown {
    std::uint32_t bytes = 0;
    void flush(std::int32_t id, std::vector<Symbol>& symbols) {
      if (bytes > 0) symbols.push_back({id, bytes});
      bytes = 0;
    }
  };

  /// One symbol for each character.
  Result<void> cut(std::string_view piece, std::vector<Symbol>& symbols) const {
    symbols.reserve(piece.size());
    Unknown unknown;
    std::string spelled;
    for (std::size_t i = 0; i < piece.size();) {
      if (const Symbol found = user_defined_at(piece.substr(i)); found.bytes > 0) {
        unknown.flush(unk_, symbols);
        symbols.push_back(found);
        i += found.bytes;
        continue;
      }
      const std::uint32_t bytes = character_at(piece, i).size_bytes;
      const bool first = i == 0, last = i + bytes == piece.size();
      spelled.clear();
      if (!first) spelled += spec_.continuing_subword_prefix;
      spelled += piece.substr(i, bytes);
      if (last) spelled += spec_.end_of_word_suffix;
      i += bytes;
      const std::int32_t id = index_.find(spelled);
      if (id >= 0) {
        unknown.flush(unk_, symbols);
        symbols.push_back({id, bytes});
        continue;
      }
      if (spec_.byte_fallback && add_bytes(spelled, symbols)) continue;
      if (!spec_.unk_token) continue;  // goes without a trace, as in the original
      if (unk_ < 0)
        return invalid("'" + spelled + "' is not in the vocabulary, nor is the unknown token '" +
                       *spec_.unk_token + "'");
      if (!spec_.fuse_unk) unknown.flush(unk_, symbols);
      unknown.bytes += bytes;
    }
    unknown.flush(unk_, symbols);
    return {};
  }

  /// Without bytes if there is none.
  Symbol user_defined_at(std::string_view text) const {
    Symbol found;
    if (spec_.user_defined.empty()) return found;
    user_defined_.prefixes(text, [&](std::size_t bytes, std::int32_t id) {
      found.id = id;
      found.bytes = static_cast<std::uint32_t>(bytes);
      found.whole = true;
    });
    return found;
  }

  bool add_bytes(std::string_view spelled, std::vector<Symbol>& symbols) const {
    for (const char c : spelled)
      if (byte_ids_[static_cast<unsigned char>(c)] < 0) return false;
    for (const char c : spelled) symbols.push_back({byte_ids_[static_cast<unsigned char>(c)], 1});
    return true;
  }

  struct Candidate {
    std::uint32_t rank = 0, position = 0;
    std::int32_t merged = 0;
    bool operator>(const Candidate& other) const {
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };

  void merge(std::vector<Symbol>& symbols) const {
    std::vector<Candidate> storage;
    storage.reserve(symbols.size());
    const auto candidate = [&](std::uint32_t left, std::uint32_t right, auto& into) {
      if (symbols[left].whole || symbols[right].whole) return;
      const auto* found = merges_.find(symbols[left].id, symbols[right].id);
      if (found != nullptr) into.push_back({found->rank, left, found->merged});
    };
    for (std::uint32_t i = 0; i + 1 < symbols.size(); ++i) candidate(i, i + 1, storage);
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue(
        std::greater<>(), std::move(storage));
    std::vector<Candidate> made;
    while (!queue.empty()) {
      const Candidate top = queue.top();
      queue.pop();
      Symbol& left = symbols[top.position];
      if (left.bytes == 0 || left.next == kNone) continue;
      Symbol& right = symbols[left.next];
      const auto* now = merges_.find(left.id, right.id);
      if (now == nullptr || now->merged != top.merged) continue;  // stale
      left.id = top.merged;
      left.bytes += right.bytes;
      left.next = right.next;
      right.bytes = 0;
      if (left.next != kNone) symbols[left.next].previous = top.position;
      made.clear();
      if (left.previous != kNone) candidate(left.previous, top.position, made);
      if (left.next != kNone) candidate(top.position, left.next, made);
      for (const Candidate& c : made) queue.push(c);
    }
  }

  spec::Bpe spec_;
  const TokenIndex& index_;
  MergeTable merges_;
  PrefixTree user_defined_;
  std::int32_t unk_ = -1;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace

std::unique_ptr<const Model> make_bpe(const spec::Bpe& spec, const TokenList& tokens,
                                      const TokenIndex& index) {
  return std::make_unique<BpeModel>(spec, tokens, index);
}

}  // namespace orch::tokenizer
