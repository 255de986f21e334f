#pragma once
// Longest common subsequences of number sequences, bit-parallel: 64 cells of the table at a time.
// Thread: any; a Lcs is scratch memory of one owner.

#include <cstdint>
#include <span>
#include <vector>

namespace orch::score {

class Lcs {
 public:
  using Ids = std::span<const std::uint32_t>;

  /// Time |x|·|y|/64, memory linear; ids are below `ids`.
  /// Source: Hyyrö 2004, "Bit-parallel LCS-length computation revisited".
  std::size_t length(Ids x, Ids y, std::uint32_t ids);

  /// The y that pairs() compares with, until the next set() or length(). Ids are below `ids`.
  /// Lifetime: y as long.
  void set(Ids y, std::uint32_t ids);

  /// The positions in x and y of one longest common subsequence, from its end: at a cell of unequal
  /// elements the walk drops the last of x if the table grows towards that element of y, else the
  /// last of y. Which of several equally long ones is found is part of the metrics that use it.
  /// Memory: |y|·sqrt(|x|)/32 bytes.
  void pairs(Ids x, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out);
  /// The same, where it is known at which places of x an element of y stands; ascending.
  void pairs_at(Ids x, Ids places, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out);

 private:
  using Row = std::vector<std::uint64_t>;
  void step(std::uint32_t symbol, const std::uint64_t* from, std::uint64_t* to);
  const std::uint64_t* mask(std::uint32_t symbol);

  void pairs_of_one_word(Ids x, Ids places,
                         std::vector<std::pair<std::uint32_t, std::uint32_t>>& out);
  std::size_t left_of(const std::uint64_t* row, std::uint32_t symbol, std::size_t j);

  Ids y_;
  std::size_t words_ = 0;
  std::vector<std::uint32_t> first_, next_;  ///< occurrences in y, linked, by symbol
  std::vector<std::uint32_t> touched_;       ///< symbols with an entry in first_
  std::vector<std::uint32_t> count_, dense_;
  std::vector<Row> dense_rows_;
  std::size_t dense_used_ = 0;
  Row sparse_;
  std::uint32_t sparse_symbol_ = UINT32_MAX;
  std::vector<std::uint64_t> rows_, short_;  ///< short_: where y has a symbol, of a y up to 64 long
  std::vector<std::uint32_t> places_;
};

}  // namespace orch::score
