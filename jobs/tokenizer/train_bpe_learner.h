#pragma once
// Learns merges as Hugging Face's BpeTrainer does, down to its queue: a pair waits in it once for
// every round that made new occurrences of it, each time with the words of that round, and an entry
// is brought up to date only when it comes to the front. One thread.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace orch::tokenizer {

class BpeLearner {
 public:
  using Id = std::uint32_t;
  using Pair = std::pair<Id, Id>;

  /// `tokens`: what there is before any merge, by id; each once.
  explicit BpeLearner(std::vector<std::string> tokens);

  /// A word that occurs `count` times, spelled in ids.
  void add_word(const std::vector<Id>& symbols, std::int64_t count);

  /// Merges until there are `vocabulary` tokens or no pair occurs `min_frequency` times.
  /// `progress` hears of the number of tokens now and then.
  void learn(std::size_t vocabulary, std::int64_t min_frequency,
             const std::function<void(std::size_t)>& progress);

  const std::vector<std::string>& tokens() const { return tokens_; }
  /// By rank. A pair that was merged twice keeps the later rank, as in the original.
  std::vector<Pair> merges() const;

 private:
  struct Word {
    std::uint64_t begin = 0;  ///< in symbols_
    std::uint32_t size = 0;
    std::int64_t count = 0;
  };
  struct PairCount {
    std::uint64_t key = 0;  ///< the pair + 1; 0: free
    std::int64_t count = 0;
    std::uint32_t fresh = 0;  ///< index + 1 into fresh_; 0: none in this round
  };
  /// New occurrences of a pair in this round.
  struct Fresh {
    std::size_t slot = 0;
    std::vector<std::uint32_t> words;
  };
  struct Candidate {
    std::int64_t count = 0;
    std::uint64_t key = 0;
    std::uint64_t begin = 0;  ///< in places_
    std::uint32_t size = 0;
    bool operator<(const Candidate& o) const {
      return count != o.count ? count < o.count : key > o.key;
    }
  };

  static std::uint64_t key_of(Id first, Id second) {
    return (std::uint64_t{first} << 32 | second) + 1;
  }
  std::size_t find(std::uint64_t key);
  void grow();
  void change(Id first, Id second, std::int64_t by, std::uint32_t word);
  void count_all();
  void enqueue();
  void apply(const Candidate& top);
  void merge_word(std::uint32_t w, Id first, Id second, Id merged);

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, Id> ids_;  // never iterated
  std::vector<Id> symbols_;
  std::vector<Word> words_;
  std::vector<PairCount> pairs_;  ///< open addressing, a power of two
  std::size_t pairs_used_ = 0;
  std::vector<Fresh> fresh_;
  std::size_t fresh_used_ = 0;  ///< the others are kept for their memory
  std::vector<std::uint32_t> places_;
  std::vector<Candidate> queue_;  ///< a heap
  std::vector<Pair> merges_;
};

}  // namespace orch::tokenizer
