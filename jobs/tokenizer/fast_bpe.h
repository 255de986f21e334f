#pragma once
// Byte-pair encoding of one piece over FastTables: the longest reachable token is taken, and taken
// back where its border with the token before would be merged across. Linear in the piece for a
// given vocabulary. Exact: only the one sequence whose neighbours all stand side by side is the
// encoding. Thread: const members from any thread, each with a Work of its own.

#include <cstdint>
#include <vector>

#include "jobs/tokenizer/fast_tables.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

class FastBpe {
 public:
  /// Memory of one thread: the tokens so far, dead ends, borders seen before.
  struct Work {
    std::vector<std::uint32_t, PageAllocator<std::uint32_t>> tokens;
    std::vector<std::uint64_t> dead;  ///< a bit a position
    std::vector<std::uint64_t> borders;
  };

  explicit FastBpe(const FastTables& tables) : tables_(tables) {}

  /// The longest token, reachable or not, and the longest reachable one; kNoToken: none.
  struct Longest {
    std::uint32_t reachable = kNoToken;
    std::uint32_t whole = kNoToken;  ///< any token that is exactly the text
  };
  Longest longest(const char* text, std::size_t size_bytes) const;

  /// Puts the encoding into `work.tokens` and returns how many bytes it covers: all, or up to a
  /// symbol that is not in the vocabulary. `first`: longest() of the piece, not kNoToken.
  std::size_t encode(const char* piece, std::size_t size_bytes, std::uint32_t first,
                     Work& work) const;

 private:
  bool side_by_side(std::uint32_t left, std::uint32_t right, Work& work) const;

  const FastTables& tables_;
};

}  // namespace orch::tokenizer
