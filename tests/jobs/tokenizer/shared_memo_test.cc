// What threads know of each other's pieces.

#include "jobs/tokenizer/shared_memo.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"

namespace orch::tokenizer {
namespace {

using Ids = std::vector<std::uint32_t>;

Ids found(const SharedMemo& memo, const std::string& piece) {
  Ids ids(SharedMemo::kIdsMax);
  ids.resize(memo.find(SharedMemo::Key(piece), ids.data()));
  return ids;
}

TEST(SharedMemo, GivesWhatWasKeptForThatPieceOnly) {
  SharedMemo memo;
  const std::string longest(SharedMemo::kPieceBytesMax, 'x');
  memo.keep(SharedMemo::Key("a"), Ids{7});
  memo.keep(SharedMemo::Key(longest), Ids{1, 2, 3, 4, 5, 6});
  EXPECT_EQ(found(memo, "a"), Ids{7});
  EXPECT_EQ(found(memo, longest), (Ids{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(found(memo, "b"), Ids());
  EXPECT_EQ(found(memo, std::string("a\0", 2)), Ids());
  EXPECT_EQ(found(memo, longest.substr(1)), Ids());
  memo.keep(SharedMemo::Key("a"), Ids{8, 9});
  EXPECT_EQ(found(memo, "a"), (Ids{8, 9}));
}

/// Ids that tell the piece they are of, so that a mixture of two is seen.
Ids ids_of(std::uint64_t piece) {
  Ids ids(1 + piece % SharedMemo::kIdsMax);
  for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(piece * 2654435761U);
  return ids;
}

std::string piece_of(std::uint64_t number) { return "piece " + std::to_string(number); }

/// Pieces that have one place, so that each drives out the others.
std::vector<std::uint64_t> rivals(std::size_t count) {
  SharedMemo memo;
  std::vector<std::uint64_t> numbers = {0};
  for (std::uint64_t i = 1; numbers.size() < count; ++i) {
    memo.keep(SharedMemo::Key(piece_of(0)), ids_of(0));
    memo.keep(SharedMemo::Key(piece_of(i)), ids_of(i));
    if (found(memo, piece_of(0)).empty()) numbers.push_back(i);
  }
  return numbers;
}

TEST(SharedMemo, NeverMixesPiecesThatThreadsKeepAtTheSameTime) {
  constexpr int kSteps = 400000;
  SharedMemo memo;
  const auto numbers = rivals(4);
  std::atomic<int> hits{0}, wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      SeededRandom random(t);
      for (int i = 0; i < kSteps; ++i) {
        const std::uint64_t number = numbers[random.below(numbers.size())];
        if (i % 4 == 0) memo.keep(SharedMemo::Key(piece_of(number)), ids_of(number));
        const Ids ids = found(memo, piece_of(number));
        hits += ids.empty() ? 0 : 1;
        wrong += ids.empty() || ids == ids_of(number) ? 0 : 1;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(hits, kSteps);
}

}  // namespace
}  // namespace orch::tokenizer
