#include "jobs/tokenizer/bpe.h"

#include <queue>

#include "base/random.h"

namespace orch::tokenizer {

namespace {

/// Pieces up to this many bytes are merged by scanning; longer ones with a heap, in O(n log n).
constexpr std::size_t kShortPiece = 32;

std::uint64_t pair_key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

}  // namespace

Bpe::Bpe(std::vector<std::string> tokens, const std::vector<Merge>& merges,
         std::array<std::int32_t, 256> byte_ids, bool ignore_merges)
    : tokens_(std::move(tokens)), byte_ids_(byte_ids), ignore_merges_(ignore_merges) {
  std::size_t capacity = 16;
  while (capacity < merges.size() * 2) capacity *= 2;
  slots_.resize(capacity);
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const std::uint64_t key = pair_key(merges[rank].left, merges[rank].right);
    std::size_t i = mix64(key) & (capacity - 1);
    while (slots_[i].pair != kNoPair && slots_[i].pair != key) i = (i + 1) & (capacity - 1);
    slots_[i] = {key, static_cast<std::uint32_t>(rank), merges[rank].merged};
  }
  if (ignore_merges_) {
    whole_.reserve(tokens_.size());
    for (std::size_t id = 0; id < tokens_.size(); ++id)
      if (!tokens_[id].empty()) whole_.emplace(tokens_[id], static_cast<std::int32_t>(id));
  }
}

const Bpe::Slot* Bpe::find(std::int32_t left, std::int32_t right) const {
  const std::uint64_t key = pair_key(left, right);
  std::size_t i = mix64(key) & (slots_.size() - 1);
  while (slots_[i].pair != kNoPair) {
    if (slots_[i].pair == key) return &slots_[i];
    i = (i + 1) & (slots_.size() - 1);
  }
  return nullptr;
}

std::string_view Bpe::bytes(std::int32_t id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= tokens_.size()) return {};
  return tokens_[static_cast<std::size_t>(id)];
}

void Bpe::encode_piece(std::string_view piece, std::vector<std::int32_t>& ids) const {
  if (ignore_merges_) {
    if (const auto it = whole_.find(piece); it != whole_.end()) {
      ids.push_back(it->second);
      return;
    }
  }
  const std::size_t begin = ids.size();
  for (const char c : piece) ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
  if (piece.size() <= kShortPiece)
    merge_short(ids, begin);
  else
    merge_long(ids, begin);
}

void Bpe::merge_short(std::vector<std::int32_t>& ids, std::size_t begin) const {
  const Slot* slots[kShortPiece] = {};
  std::size_t n = ids.size() - begin;
  std::int32_t* x = ids.data() + begin;
  for (std::size_t i = 0; i + 1 < n; ++i) slots[i] = find(x[i], x[i + 1]);
  while (n > 1) {
    std::size_t best = n;
    for (std::size_t i = 0; i + 1 < n; ++i)
      if (slots[i] && (best == n || slots[i]->rank < slots[best]->rank)) best = i;
    if (best == n) break;
    x[best] = slots[best]->merged;
    for (std::size_t i = best + 1; i + 1 < n; ++i) {
      x[i] = x[i + 1];
      slots[i] = slots[i + 1];
    }
    --n;
    if (best > 0) slots[best - 1] = find(x[best - 1], x[best]);
    slots[best] = best + 1 < n ? find(x[best], x[best + 1]) : nullptr;
  }
  ids.resize(begin + n);
}

void Bpe::merge_long(std::vector<std::int32_t>& ids, std::size_t begin) const {
  struct Candidate {
    std::uint32_t rank;
    std::size_t left;
    std::int32_t merged;
    bool operator<(const Candidate& o) const {  // the queue's top: lowest rank, then leftmost
      return rank != o.rank ? rank > o.rank : left > o.left;
    }
  };
  const std::size_t n = ids.size() - begin;
  std::int32_t* x = ids.data() + begin;
  std::vector<std::size_t> next(n), previous(n);  // n: none; dead symbols have id -1
  std::priority_queue<Candidate> queue;
  const auto push = [&](std::size_t left, std::size_t right) {
    if (const Slot* slot = find(x[left], x[right])) queue.push({slot->rank, left, slot->merged});
  };
  for (std::size_t i = 0; i < n; ++i) {
    next[i] = i + 1;
    previous[i] = i == 0 ? n : i - 1;
  }
  for (std::size_t i = 0; i + 1 < n; ++i) push(i, i + 1);
  while (!queue.empty()) {
    const Candidate top = queue.top();
    queue.pop();
    const std::size_t left = top.left, right = x[left] < 0 ? n : next[left];
    if (right >= n) continue;
    const Slot* slot = find(x[left], x[right]);
    if (!slot || slot->merged != top.merged) continue;  // the neighbours have changed
    x[left] = top.merged;
    x[right] = -1;
    next[left] = next[right];
    if (next[left] < n) {
      previous[next[left]] = left;
      push(left, next[left]);
    }
    if (previous[left] < n) push(previous[left], left);
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (x[i] >= 0) x[kept++] = x[i];
  ids.resize(begin + kept);
}

}  // namespace orch::tokenizer
