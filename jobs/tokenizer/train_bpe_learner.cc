#include "jobs/tokenizer/train_bpe_learner.h"

#include <algorithm>

namespace orch::tokenizer {

namespace {

constexpr std::size_t kFirstPairs = 1 << 17;

std::size_t hash_of(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15ULL;
  return static_cast<std::size_t>(key ^ key >> 29);
}

}  // namespace

BpeLearner::BpeLearner(std::vector<std::string> tokens)
    : tokens_(std::move(tokens)), pairs_(kFirstPairs) {
  for (std::size_t id = 0; id < tokens_.size(); ++id)
    ids_.emplace(tokens_[id], static_cast<Id>(id));
}

void BpeLearner::add_word(const std::vector<Id>& symbols, std::int64_t count) {
  words_.push_back({symbols_.size(), static_cast<std::uint32_t>(symbols.size()), count});
  symbols_.insert(symbols_.end(), symbols.begin(), symbols.end());
}

/// The slot of a pair, made if there is none.
std::size_t BpeLearner::find(std::uint64_t key) {
  std::size_t slot = hash_of(key) & (pairs_.size() - 1);
  while (pairs_[slot].key != key) {
    if (pairs_[slot].key == 0) {
      if (pairs_used_ * 2 >= pairs_.size()) {
        grow();
        return find(key);
      }
      pairs_[slot].key = key;
      ++pairs_used_;
      return slot;
    }
    slot = (slot + 1) & (pairs_.size() - 1);
  }
  return slot;
}

void BpeLearner::grow() {
  std::vector<PairCount> old(pairs_.size() * 2);
  old.swap(pairs_);
  for (const PairCount& pair : old) {
    if (pair.key == 0) continue;
    std::size_t slot = hash_of(pair.key) & (pairs_.size() - 1);
    while (pairs_[slot].key != 0) slot = (slot + 1) & (pairs_.size() - 1);
    pairs_[slot] = pair;
    if (pair.fresh != 0) fresh_[pair.fresh - 1].slot = slot;
  }
}

void BpeLearner::change(Id first, Id second, std::int64_t by, std::uint32_t word) {
  const std::size_t slot = find(key_of(first, second));
  PairCount& pair = pairs_[slot];
  pair.count += by;
  if (by <= 0) return;
  if (pair.fresh == 0) {
    if (fresh_used_ == fresh_.size()) fresh_.emplace_back();
    pair.fresh = static_cast<std::uint32_t>(++fresh_used_);
    fresh_[pair.fresh - 1].slot = slot;
  }
  auto& words = fresh_[pair.fresh - 1].words;
  if (words.empty() || words.back() != word) words.push_back(word);
}

void BpeLearner::enqueue() {
  for (std::size_t i = 0; i < fresh_used_; ++i) {
    Fresh& fresh = fresh_[i];
    PairCount& pair = pairs_[fresh.slot];
    pair.fresh = 0;
    if (pair.count > 0) {
      queue_.push_back(
          {pair.count, pair.key, places_.size(), static_cast<std::uint32_t>(fresh.words.size())});
      std::push_heap(queue_.begin(), queue_.end());
      places_.insert(places_.end(), fresh.words.begin(), fresh.words.end());
    }
    fresh.words.clear();
  }
  fresh_used_ = 0;
}

void BpeLearner::count_all() {
  for (std::size_t w = 0; w < words_.size(); ++w) {
    const Id* const x = symbols_.data() + words_[w].begin;
    for (std::uint32_t i = 0; i + 1 < words_[w].size; ++i)
      change(x[i], x[i + 1], words_[w].count, static_cast<std::uint32_t>(w));
  }
  enqueue();
  fresh_.clear();  // these were long
  fresh_.shrink_to_fit();
}

void BpeLearner::learn(std::size_t vocabulary, std::int64_t min_frequency,
                       const std::function<void(std::size_t)>& progress) {
  count_all();
  while (tokens_.size() < vocabulary && !queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end());
    Candidate& top = queue_.back();
    const std::int64_t now = pairs_[find(top.key)].count;
    if (top.count != now) {
      top.count = now;
      std::push_heap(queue_.begin(), queue_.end());
      continue;
    }
    if (top.count < 1 || top.count < min_frequency) break;
    const Candidate taken = top;
    queue_.pop_back();
    apply(taken);
    enqueue();
    if (progress && tokens_.size() % 1000 == 0) progress(tokens_.size());
  }
}

void BpeLearner::apply(const Candidate& top) {
  const auto first = static_cast<Id>((top.key - 1) >> 32);
  const auto second = static_cast<Id>(top.key - 1);
  const std::string text = tokens_[first] + tokens_[second];
  const auto [it, fresh] = ids_.emplace(text, static_cast<Id>(tokens_.size()));
  if (fresh) tokens_.push_back(text);
  merges_.emplace_back(first, second);
  for (std::uint32_t i = 0; i < top.size; ++i)
    merge_word(places_[top.begin + i], first, second, it->second);
}

void BpeLearner::merge_word(std::uint32_t w, Id first, Id second, Id merged) {
  Word& word = words_[w];
  Id* const x = symbols_.data() + word.begin;
  std::uint32_t out = 0;
  for (std::uint32_t in = 0; in < word.size; ++in, ++out) {
    if (x[in] != first || in + 1 >= word.size || x[in + 1] != second) {
      x[out] = x[in];
      continue;
    }
    if (out > 0) {
      change(x[out - 1], first, -word.count, w);
      change(x[out - 1], merged, word.count, w);
    }
    ++in;
    x[out] = merged;
    if (in + 1 < word.size) {
      change(second, x[in + 1], -word.count, w);
      change(merged, x[in + 1], word.count, w);
    }
  }
  word.size = out;
}

std::vector<BpeLearner::Pair> BpeLearner::merges() const {
  std::unordered_map<std::uint64_t, std::size_t> last;  // never iterated
  for (std::size_t i = 0; i < merges_.size(); ++i)
    last[key_of(merges_[i].first, merges_[i].second)] = i;
  std::vector<Pair> out;
  for (std::size_t i = 0; i < merges_.size(); ++i)
    if (last[key_of(merges_[i].first, merges_[i].second)] == i) out.push_back(merges_[i]);
  return out;
}

}  // namespace orch::tokenizer
