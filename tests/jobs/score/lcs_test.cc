#include "jobs/score/lcs.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "jobs/score/occurrences.h"

namespace orch::score {
namespace {

using Ids = std::vector<std::uint32_t>;
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

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
  Pairs pairs;
  lcs.set(y, 16);
  lcs.pairs(x, pairs);
  EXPECT_EQ(pairs.size(), lcs.length(x, y, 16));
  for (const auto& [i, j] : pairs) EXPECT_EQ(x[i], y[j]);
  for (std::size_t k = 1; k < pairs.size(); ++k) {
    EXPECT_LT(pairs[k].first, pairs[k - 1].first);
    EXPECT_LT(pairs[k].second, pairs[k - 1].second);
  }
}

/// Cell by cell, as the packages walk.
Pairs plain_pairs(const Ids& x, const Ids& y) {
  std::vector<std::vector<std::size_t>> table(x.size() + 1, std::vector<std::size_t>(y.size() + 1));
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t j = 0; j < y.size(); ++j)
      table[i + 1][j + 1] =
          x[i] == y[j] ? table[i][j] + 1 : std::max(table[i][j + 1], table[i + 1][j]);
  Pairs out;
  for (std::size_t i = x.size(), j = y.size(); i > 0 && j > 0;) {
    if (x[i - 1] == y[j - 1]) {
      out.emplace_back(--i, --j);
    } else if (table[i - 1][j] > table[i][j - 1]) {
      --i;
    } else {
      --j;
    }
  }
  return out;
}

TEST(Lcs, WalkIsTheTables) {
  std::uint32_t state = 5;
  Lcs lcs;
  Pairs pairs;
  for (int round = 0; round < 600; ++round) {
    const std::uint32_t shift = 27 + static_cast<std::uint32_t>(round) % 5;
    const Ids x = letters(1 + static_cast<std::size_t>(round) % 150, shift, state);
    // y lacks some of the letters of x, so that the walk passes over elements without a partner.
    Ids y = letters(1 + static_cast<std::size_t>(round) % 90, shift, state);
    for (std::uint32_t& id : y)
      if (round % 3 == 0) id |= 1;
    lcs.set(y, 32);
    lcs.pairs(x, pairs);
    ASSERT_EQ(pairs, plain_pairs(x, y)) << round;
    Occurrences occurrences;
    std::vector<std::uint32_t> places;
    occurrences.build(x, 32);
    occurrences.find(y, 0, x.size(), places);
    lcs.pairs_at(x, places, pairs);
    ASSERT_EQ(pairs, plain_pairs(x, y)) << round;
  }
}

}  // namespace
}  // namespace orch::score
