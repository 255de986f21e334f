#pragma once
// Words as small numbers, and n-grams as numbers made of them: what all n-gram metrics count. Made
// anew for each item. Thread: one owner.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "jobs/score/words.h"

namespace orch::score {

std::uint64_t hash_bytes(std::string_view bytes);

/// 0, 1, 2, … in order of first appearance.
class PairIds {
 public:
  std::uint32_t id(std::uint64_t key);
  /// The id of `key`, or size() if it has none yet.
  std::uint32_t find(std::uint64_t key) const;
  std::uint32_t size() const { return static_cast<std::uint32_t>(keys_.size()); }
  void clear();

 private:
  std::size_t slot(std::uint64_t key) const;
  void grow();
  std::vector<std::uint32_t> slots_;  ///< id + 1; 0: free
  std::vector<std::uint64_t> keys_;
};

/// Words of one item.  Lifetime: views must outlive it.
class WordIds {
 public:
  /// The bytes of a word, whatever its characters are.
  std::uint32_t id(std::string_view bytes);
  template <typename Char>
  std::uint32_t id(std::basic_string_view<Char> word) {
    return id(
        std::string_view(reinterpret_cast<const char*>(word.data()), word.size() * sizeof(Char)));
  }
  std::vector<std::uint32_t> ids(const Words& words) {
    std::vector<std::uint32_t> out;
    out.reserve(words.size());
    for (std::size_t i = 0; i < words.size(); ++i) out.push_back(id(words[i]));
    return out;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(words_.size()); }
  /// Length of a word in bytes.
  std::size_t size_bytes(std::uint32_t id) const { return words_[id].size(); }
  void clear();

 private:
  void grow();
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string_view> words_;
};

/// n-grams of order n + 1 out of those of order n, both as ids; `grams` of order 1 are the words.
std::vector<std::uint32_t> longer_grams(std::span<const std::uint32_t> grams,
                                        std::span<const std::uint32_t> words, int order,
                                        PairIds& pairs);

/// How many n-grams of `a` find a partner in `b`, each used once: sum of the smaller counts.
std::uint64_t clipped_matches(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b,
                              std::uint32_t ids, std::vector<std::int32_t>& counts);

}  // namespace orch::score
