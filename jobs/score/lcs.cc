#include "jobs/score/lcs.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace orch::score {

namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;

}  // namespace

/// Occurrence lists of y. Symbols that occur often get a mask of their own, made when first needed;
/// there are at most 64 of those, for each takes more than 1/64 of y.
void Lcs::set(Ids y, std::uint32_t ids) {
  y_ = y;
  words_ = (y.size() + 63) / 64;
  for (const std::uint32_t symbol : touched_)
    if (symbol < first_.size())
      first_[symbol] = kNoRow, count_[symbol] = 0, dense_[symbol] = kNoRow, short_[symbol] = 0;
  touched_.clear();
  if (first_.size() < ids) {
    first_.resize(ids, kNoRow);
    count_.resize(ids, 0);
    dense_.resize(ids, kNoRow);
    short_.resize(ids, 0);
  }
  next_.resize(y.size());
  for (std::uint32_t j = 0; j < y.size(); ++j) {
    if (first_[y[j]] == kNoRow) touched_.push_back(y[j]);
    next_[j] = first_[y[j]];
    first_[y[j]] = j;
    ++count_[y[j]];
  }
  if (words_ == 1)
    for (std::uint32_t j = 0; j < y.size(); ++j) short_[y[j]] |= std::uint64_t{1} << j;
  dense_used_ = 0;
  sparse_.assign(words_, 0);
  sparse_symbol_ = kNoRow;
}

const std::uint64_t* Lcs::mask(std::uint32_t symbol) {
  if (count_[symbol] > words_) {
    if (dense_[symbol] == kNoRow) {
      if (dense_rows_.size() == dense_used_) dense_rows_.emplace_back();
      Row& row = dense_rows_[dense_used_];
      row.assign(words_, 0);
      for (std::uint32_t j = first_[symbol]; j != kNoRow; j = next_[j])
        row[j / 64] |= std::uint64_t{1} << j % 64;
      dense_[symbol] = static_cast<std::uint32_t>(dense_used_++);
    }
    return dense_rows_[dense_[symbol]].data();
  }
  if (sparse_symbol_ == symbol) return sparse_.data();
  if (sparse_symbol_ != kNoRow)
    for (std::uint32_t j = first_[sparse_symbol_]; j != kNoRow; j = next_[j]) sparse_[j / 64] = 0;
  for (std::uint32_t j = first_[symbol]; j != kNoRow; j = next_[j])
    sparse_[j / 64] |= std::uint64_t{1} << j % 64;
  sparse_symbol_ = symbol;
  return sparse_.data();
}

/// One row of the table: bit j is 0 where the row grows from column j to j + 1.
void Lcs::step(std::uint32_t symbol, const std::uint64_t* from, std::uint64_t* to) {
  const std::uint64_t* const matches = mask(symbol);
  std::uint64_t carry = 0;
  for (std::size_t w = 0; w < words_; ++w) {
    const std::uint64_t v = from[w];
    const std::uint64_t both = v & matches[w];
    const std::uint64_t part = v + both;
    const std::uint64_t sum = part + carry;
    carry = (part < v) | (sum < part);
    to[w] = sum | (v & ~matches[w]);
  }
}

std::size_t Lcs::length(Ids x, Ids y, std::uint32_t ids) {
  if (x.empty() || y.empty()) return 0;
  set(y, ids);
  rows_.assign(words_, ~std::uint64_t{0});
  for (const std::uint32_t symbol : x)
    if (first_[symbol] != kNoRow) step(symbol, rows_.data(), rows_.data());
  std::size_t zeros = 0;
  for (std::size_t w = 0; w < words_; ++w) {
    const std::size_t used = std::min<std::size_t>(64, y.size() - w * 64);
    const std::uint64_t valid = used == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << used) - 1;
    zeros += static_cast<std::size_t>(std::popcount(~rows_[w] & valid));
  }
  return zeros;
}

void Lcs::pairs(Ids x, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out) {
  places_.clear();
  for (std::uint32_t i = 0; i < x.size(); ++i)
    if (x[i] < first_.size() && first_[x[i]] != kNoRow) places_.push_back(i);
  pairs_at(x, places_, out);
}

/// The greatest j' ≤ j at which the walk along a row stops: the row grows there, or y has `symbol`
/// there (kNoRow: whatever it has); 0: none.
std::size_t Lcs::left_of(const std::uint64_t* row, std::uint32_t symbol, std::size_t j) {
  const std::uint64_t* const matches = symbol == kNoRow ? nullptr : mask(symbol);
  for (std::size_t w = (j + 63) / 64; w-- > 0; j = w * 64) {
    std::uint64_t stops = ~row[w] | (matches ? matches[w] : 0);
    if (j - w * 64 < 64) stops &= (std::uint64_t{1} << (j - w * 64)) - 1;
    if (stops != 0) return w * 64 + 64 - static_cast<std::size_t>(std::countl_zero(stops));
  }
  return 0;
}

/// As pairs_at(), for a table whose rows are one machine word each: all are kept.
void Lcs::pairs_of_one_word(Ids x, Ids places,
                            std::vector<std::pair<std::uint32_t, std::uint32_t>>& out) {
  rows_.resize(places.size() + 1);
  std::uint64_t row = rows_[0] = ~std::uint64_t{0};
  for (std::size_t i = 0; i < places.size(); ++i) {
    const std::uint64_t matches = short_[x[places[i]]];
    rows_[i + 1] = row = (row + (row & matches)) | (row & ~matches);
  }
  // Columns that are left: bits below j.
  std::uint64_t left = ~std::uint64_t{0} >> (64 - y_.size());
  const auto up_to_highest = [](std::uint64_t bits) {
    return bits == 0 ? 0 : ~std::uint64_t{0} >> std::countl_zero(bits);
  };
  std::size_t behind = x.size();
  for (std::size_t i = places.size(); i > 0 && left != 0; --i) {
    const std::uint32_t place = places[i - 1];
    if (behind > place + 1) left = up_to_highest(~rows_[i] & left);
    behind = place;
    const std::uint64_t matches = short_[x[place]];
    left = up_to_highest((~rows_[i] | matches) & left);
    const std::uint64_t last = left & ~(left >> 1);
    if ((matches & last) == 0) continue;
    out.emplace_back(place, static_cast<std::uint32_t>(std::countr_zero(last)));
    left ^= last;
  }
}

void Lcs::pairs_at(Ids x, Ids places, std::vector<std::pair<std::uint32_t, std::uint32_t>>& out) {
  out.clear();
  const std::size_t count = places.size();
  if (count == 0) return;
  if (words_ == 1) return pairs_of_one_word(x, places, out);
  // Rows are kept at every `stride`-th place; those between are made again on the way back.
  const std::size_t stride =
      count * words_ <= 4096
          ? count
          : static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const std::size_t kept = (count + stride - 1) / stride;
  Row kept_rows(kept * words_);
  Row row(words_, ~std::uint64_t{0});
  for (std::size_t i = 0; i < count; ++i) {
    if (i % stride == 0)
      std::copy(row.begin(), row.end(),
                kept_rows.begin() + static_cast<std::ptrdiff_t>(i / stride * words_));
    if (kept > 1) step(x[places[i]], row.data(), row.data());
  }
  rows_.resize((stride + 1) * words_);
  std::size_t i = count, j = y_.size();
  for (std::size_t block = kept; block-- > 0 && i > 0 && j > 0;) {
    const std::size_t begin_row = block * stride;
    std::copy_n(kept_rows.begin() + static_cast<std::ptrdiff_t>(block * words_), words_,
                rows_.begin());
    for (std::size_t r = begin_row; r < i; ++r) {
      std::uint64_t* const from = rows_.data() + (r - begin_row) * words_;
      step(x[places[r]], from, from + words_);
    }
    while (i > begin_row && j > 0) {
      const std::uint64_t* const at = rows_.data() + (i - begin_row) * words_;
      // Elements of x behind this one that y has not: their rows are this one, and nothing matches.
      const std::size_t next = i < count ? places[i] : x.size();
      if (next > places[i - 1] + 1) j = left_of(at, kNoRow, j);
      const std::uint32_t symbol = x[places[i - 1]];
      j = left_of(at, symbol, j);
      if (j == 0) break;
      if (y_[j - 1] == symbol)
        out.emplace_back(places[--i], --j);
      else
        --i;
    }
  }
}

}  // namespace orch::score
