// The memo that threads share: a piece is known by its ids or not at all, whoever writes meanwhile.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/random.h"
#include "jobs/tokenizer/fast_shared_memo.h"

namespace orch::tokenizer {
namespace {

/// Ids that only this piece has.
std::vector<std::uint32_t> ids_of(const std::string& piece) {
  std::vector<std::uint32_t> ids;
  std::uint32_t sum = 7;
  for (const char c : piece) sum = sum * 31 + static_cast<unsigned char>(c);
  for (std::uint32_t i = 0; i < 1 + sum % SharedMemo::kIdsMax; ++i)
    ids.push_back(sum * (i + 1) & 0xFFFFFF);
  return ids;
}

std::vector<std::uint32_t> found(const SharedMemo& memo, const std::string& piece) {
  std::uint32_t out[SharedMemo::kWriteSlack] = {};
  const std::size_t count = memo.find(memo.spot(piece), out);
  return {out, out + count};
}

void keep(SharedMemo& memo, const std::string& piece) {
  const auto ids = ids_of(piece);
  memo.keep(memo.spot(piece), ids.data(), ids.size());
}

TEST(SharedMemo, KnowsPiecesOfEverySize) {
  SharedMemo memo;
  for (std::size_t size = 1; size <= SharedMemo::kPieceBytesMax; ++size) {
    const std::string piece(size, 'a'), zeros(size, '\0');
    EXPECT_TRUE(found(memo, piece).empty());
    keep(memo, piece);
    keep(memo, zeros);
    EXPECT_EQ(found(memo, piece), ids_of(piece));
    EXPECT_EQ(found(memo, zeros), ids_of(zeros));
  }
}

TEST(SharedMemo, StopsWritingBeforeItsMarksRepeat) {
  SharedMemo memo;
  for (int i = 0; i < 70'000; ++i) keep(memo, "often");
  EXPECT_EQ(found(memo, "often"), ids_of("often"));
}

// Twice as many pieces as slots, so that threads write over what others read.
TEST(SharedMemo, GivesNoThreadTheIdsOfAnotherPiece) {
  SharedMemo memo;
  std::atomic<std::size_t> wrong = 0, known = 0;
  const auto work = [&](std::uint64_t seed) {
    SeededRandom random(seed);
    for (int i = 0; i < 200'000; ++i) {
      const std::string piece = std::to_string(random.below(std::size_t{1} << 17) * 0x9E3779B1);
      const auto ids = found(memo, piece);
      if (ids.empty())
        keep(memo, piece);
      else if (ids != ids_of(piece))
        ++wrong;
      else
        ++known;
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(known, 0U);
}

}  // namespace
}  // namespace orch::tokenizer
