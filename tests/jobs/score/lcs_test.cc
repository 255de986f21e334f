#include "jobs/score/lcs.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace orch::score {
namespace {

using Ids = std::vector<std::uint32_t>;

Ids letters(std::size_t size, std::uint32_t shift, std::uint32_t& state) {
  Ids out(size);
  for (std::uint32_t& id : out) {
    state = state * 1664525 + 1013904223;
    id = state >> shift;
  }
  return out;
}

/// The table, cell by cell.
std::size_t plain_length(const Ids& x, const Ids& y) {
  std::vector<std::size_t> row(y.size() + 1, 0);
  for (const std::uint32_t symbol : x) {
    std::size_t diagonal = 0;
    for (std::size_t j = 0; j < y.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = symbol == y[j] ? diagonal + 1 : std::max(row[j], above);
      diagonal = above;
    }
  }
  return row.back();
}

TEST(Lcs, LengthIsTheTables) {
  std::uint32_t state = 7;
  Lcs lcs;
  for (const std::uint32_t shift : {31u, 29u, 24u})
    for (const std::size_t size : {1u, 2u, 63u, 64u, 65u, 200u}) {
      const Ids x = letters(size, shift, state), y = letters(size + size / 3, shift, state);
      EXPECT_EQ(lcs.length(x, y, 256), plain_length(x, y));
      EXPECT_EQ(lcs.length(y, x, 256), plain_length(x, y));
    }
  EXPECT_EQ(lcs.length({}, {}, 1), 0u);
}

TEST(Lcs, LongAndShortWalksAgree) {
  std::uint32_t state = 1;
  const Ids x = letters(1500, 28, state), y = letters(1500, 28, state);
  Lcs lcs;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
  lcs.pairs(x, y, 16, pairs);
  EXPECT_EQ(pairs.size(), lcs.length(x, y, 16));
  for (const auto& [i, j] : pairs) EXPECT_EQ(x[i], y[j]);
  for (std::size_t k = 1; k < pairs.size(); ++k) {
    EXPECT_LT(pairs[k].first, pairs[k - 1].first);
    EXPECT_LT(pairs[k].second, pairs[k - 1].second);
  }
}

}  // namespace
}  // namespace orch::score
