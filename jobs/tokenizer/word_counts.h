#pragma once
// How often each piece of text occurs in a corpus: an open hash table over one arena. Owned by
// value; one thread at a time.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace orch::tokenizer {

class WordCounts {
 public:
  WordCounts() : slots_(kFirstSlots, 0) {}

  void add(std::string_view word, std::int64_t count = 1);
  void add(const WordCounts& other);

  struct Word {
    std::string_view text;  ///< lives as long as this object
    std::int64_t count = 0;
  };
  /// In the order in which they were first seen.
  std::size_t size() const { return words_.size(); }
  Word operator[](std::size_t i) const {
    return {std::string_view(words_[i].text, words_[i].size_bytes), words_[i].count};
  }

 private:
  static constexpr std::size_t kFirstSlots = 1 << 16;
  struct Entry {
    std::uint64_t hash = 0;
    const char* text = nullptr;
    std::uint32_t size_bytes = 0;
    std::int64_t count = 0;
  };
  static std::uint64_t hash_of(std::string_view word);
  const char* keep(std::string_view word);
  void grow();

  std::vector<std::uint32_t> slots_;  ///< index + 1 of a word; 0: free
  std::vector<Entry> words_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_left_ = 0;
  char* block_next_ = nullptr;
};

}  // namespace orch::tokenizer
