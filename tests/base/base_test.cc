// Results, clocks, randomness, files and digests.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <limits>
#include <set>

#include "base/clock.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/sha256.h"

namespace orch {
namespace {

using std::chrono::milliseconds;

Result<int> half(int number) {
  if (number % 2 != 0) return invalid("odd: " + std::to_string(number), "try an even one");
  return number / 2;
}
Result<int> quarter(int number) {
  ORCH_ASSIGN(const int once, half(number));
  return half(once);
}
Result<void> check_even(int number) {
  ORCH_TRY(half(number));
  return {};
}

TEST(Result, CarriesAValueOrAnErrorThroughCallers) {
  EXPECT_EQ(*quarter(8), 2);
  ASSERT_FALSE(quarter(6).ok());
  EXPECT_EQ(quarter(6).error().code, Code::kInvalid);
  EXPECT_EQ(quarter(6).error().message, "odd: 3");
  EXPECT_EQ(quarter(6).error().hint, "try an even one");
  EXPECT_TRUE(check_even(2).ok());
  EXPECT_FALSE(check_even(1).ok());
}

TEST(ResultDeathTest, ReadingTheWrongSideEndsTheProcess) {
  EXPECT_DEATH(half(1).value(), "odd: 1");
  EXPECT_DEATH((void)half(2).error(), "holds a value");
}

TEST(Result, SystemErrorsHaveTheCodeOfTheirCause) {
  EXPECT_EQ(system_error("x", ENOENT).code, Code::kNotFound);
  EXPECT_EQ(system_error("x", EACCES).code, Code::kDenied);
  EXPECT_EQ(system_error("x", ENOSPC).code, Code::kUnavailable);
  EXPECT_EQ(system_error("x", EIO).code, Code::kInternal);
  EXPECT_EQ(system_error("cannot open f", ENOENT).message,
            "cannot open f: No such file or directory");
}

TEST(Ids, PrintAndCompare) {
  const AttemptId id{{JobId{42}, "base"}, Attempt{3}};
  EXPECT_EQ(id.text(), "42/base#3");
  EXPECT_LT(id, (AttemptId{{JobId{42}, "base"}, Attempt{4}}));
  EXPECT_FALSE(static_cast<bool>(JobId{}));
}

/// What both clocks promise.
void expect_steady(Clock& clock, const std::function<void()>& pass_time) {
  const TimePoint start = clock.now();
  const WallTime wall = clock.wall();
  pass_time();
  EXPECT_GE(clock.now() - start, milliseconds(2));
  EXPECT_GE(clock.wall().microseconds - wall.microseconds, 1900);
  EXPECT_GT(clock.wall().microseconds, 1'700'000'000'000'000);
}

TEST(Clock, SystemFormMovesForward) {
  SystemClock clock;
  expect_steady(clock, [] { sleep_for(milliseconds(2)); });
}

TEST(Clock, SimulatedFormMovesOnlyWhenTold) {
  SimulatedClock clock;
  expect_steady(clock, [&] { clock.advance(milliseconds(2)); });
  const TimePoint now = clock.now();
  EXPECT_EQ(clock.now(), now);
  EXPECT_DEATH(clock.advance_to(now - milliseconds(1)), "never goes back");
}

TEST(Clock, PrintsForPeople) {
  EXPECT_EQ(iso8601({0}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601({1'769'862'896'789'000}), "2026-01-31T12:34:56.789Z");
  EXPECT_EQ(iso8601({-1000}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(human_duration(milliseconds(300)), "300ms");
  EXPECT_EQ(human_duration(std::chrono::seconds(5)), "5.0s");
  EXPECT_EQ(human_duration(std::chrono::seconds(161)), "2m41s");
  EXPECT_EQ(human_duration(std::chrono::minutes(61)), "1h01m");
}

TEST(Random, IsAPureFunctionOfSeedAndCounters) {
  static_assert(random_word(1, 2, 3, 4) == random_word(1, 2, 3, 4));
  std::set<std::uint64_t> words;
  for (std::uint64_t a = 0; a < 10; ++a) {
    for (std::uint64_t b = 0; b < 10; ++b) words.insert(random_word(7, a, b));
  }
  EXPECT_EQ(words.size(), 100U);
  EXPECT_EQ(mix64(0), 0xe220a8397b1dcdafULL);  // first output of SplitMix64 seeded with 0
  SeededRandom one(5), two(5);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.next(), two.next());
}

TEST(Random, StaysInRangeAndCoversIt) {
  SeededRandom seeded(3);
  SystemRandom system;
  for (Random* random : {static_cast<Random*>(&seeded), static_cast<Random*>(&system)}) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
      seen.insert(random->below(7));
      const double uniform = random->uniform();
      EXPECT_TRUE(uniform >= 0 && uniform < 1);
    }
    EXPECT_EQ(seen, (std::set<std::uint64_t>{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_FALSE(random->chance(0));
    EXPECT_TRUE(random->chance(1));
  }
  EXPECT_EQ(random_hex(8).size(), 16U);
  EXPECT_NE(random_hex(8), random_hex(8));
}

TEST(Sha256, GivesTheVectorsOfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  Sha256 pieces;
  for (int i = 0; i < 1000; ++i) pieces.update(std::string(1000, 'a'));
  EXPECT_EQ(pieces.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(File, AtomicWriteReplacesAndLeavesNothingElse) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/file";
  ASSERT_TRUE(write_file_atomic(path, "one").ok());
  ASSERT_TRUE(write_file_atomic(path, "two", 0600).ok());
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_EQ(*list_directory(folder.path()), std::vector<std::string>{"file"});
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(*sha256_file(path), sha256_hex("two"));
  EXPECT_EQ(*file_size(path), 3U);
}

TEST(File, ErrorsNameThePath) {
  const TemporaryDirectory folder;
  const auto missing = read_file(folder.path() + "/none");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_NE(missing.error().message.find(folder.path() + "/none"), std::string::npos);
  EXPECT_EQ(read_file(folder.path()).error().code, Code::kInvalid);
  EXPECT_EQ(write_file_atomic(folder.path() + "/no/file", "x").error().code, Code::kNotFound);
  ASSERT_TRUE(write_file_atomic(folder.path() + "/big", std::string(100, 'x')).ok());
  EXPECT_EQ(read_file(folder.path() + "/big", 99).error().code, Code::kInvalid);
}

TEST(File, FoldersAreMadeListedAndRemoved) {
  const TemporaryDirectory folder;
  const std::string deep = folder.path() + "/a/b/c";
  ASSERT_TRUE(make_directories(deep).ok());
  ASSERT_TRUE(make_directories(deep).ok());
  ASSERT_TRUE(write_file_atomic(deep + "/f", "").ok());
  ASSERT_TRUE(write_file_atomic(folder.path() + "/g", "").ok());
  EXPECT_EQ(*list_files_recursive(folder.path()), (std::vector<std::string>{"a/b/c/f", "g"}));
  EXPECT_TRUE(remove_tree(folder.path() + "/a").ok());
  EXPECT_TRUE(remove_tree(folder.path() + "/a").ok());
  EXPECT_FALSE(file_exists(deep));
  EXPECT_GT(*free_disk_bytes(folder.path()), 0U);
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a", "/b"), "/b");
}

TEST(File, DescriptorsCloseOnce) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  FileDescriptor reader(ends[0]);
  {
    FileDescriptor writer(ends[1]);
    FileDescriptor moved = std::move(writer);
    EXPECT_FALSE(writer);
    EXPECT_EQ(moved.get(), ends[1]);
  }
  char byte = 0;
  EXPECT_EQ(::read(reader.get(), &byte, 1), 0) << "the writing end is closed";
}

TEST(Environment, KnowsItsProgram) {
  EXPECT_FALSE(environment("ORCH_NO_SUCH_VARIABLE").has_value());
  EXPECT_TRUE(file_exists(executable_directory() + "/base_test"));
  EXPECT_FALSE(home_directory().empty());
}

}  // namespace
}  // namespace orch
