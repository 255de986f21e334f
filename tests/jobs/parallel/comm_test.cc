// The contract of Comm, over the forms that run without a GPU, at several sizes. Ranks are forked
// processes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "jobs/parallel/comm.h"

namespace orch::parallel {
namespace {

constexpr Duration kPatience = std::chrono::seconds(60);

std::string fresh_token() { return "test-" + random_hex(8); }

/// 0: as expected. Anything else is a line of the rank's program.
using RankProgram = std::function<int(Comm&)>;

int run_rank(const std::string& token, int rank, int size, const RankProgram& program,
             Duration timeout = kPatience) {
  auto comm = open_shared_memory(token, rank, size, timeout);
  if (!comm.ok()) {
    std::fprintf(stderr, "rank %d: %s\n", rank, comm.error().message.c_str());
    return 99;
  }
  return program(*comm.value());
}

/// Forks `size` ranks; expects each to return 0. Children leave by _exit: no gtest in them.
void expect_ranks(int size, const RankProgram& program) {
  const std::string token = fresh_token();
  std::vector<pid_t> children;
  for (int rank = 0; rank < size; ++rank) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) ::_exit(run_rank(token, rank, size, program));
    children.push_back(child);
  }
  for (int rank = 0; rank < size; ++rank) {
    int status = 0;
    ASSERT_EQ(::waitpid(children[static_cast<std::size_t>(rank)], &status, 0),
              children[static_cast<std::size_t>(rank)]);
    EXPECT_TRUE(WIFEXITED(status)) << "rank " << rank << " of " << size;
    EXPECT_EQ(WEXITSTATUS(status), 0) << "rank " << rank << " of " << size;
  }
  EXPECT_FALSE(file_exists("/dev/shm/orch-" + token));
}

std::byte byte_of(int from, int to, std::size_t i) {
  return static_cast<std::byte>(
      random_word(static_cast<std::uint64_t>(from), static_cast<std::uint64_t>(to), i / 8) >>
      (i % 8 * 8));
}

std::vector<std::byte> message(int from, int to, std::size_t n) {
  std::vector<std::byte> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = byte_of(from, to, i);
  return bytes;
}

// Any size from 0 to above the ring's, different for each pair.
std::size_t size_of(int from, int to, int round) {
  constexpr std::size_t kSizes[] = {0, 1, 7, 4096, 65537, 262144, 262145, 1000003};
  return kSizes[static_cast<std::size_t>(from * 3 + to * 5 + round) % std::size(kSizes)];
}

class CommContract : public testing::TestWithParam<int> {};

TEST_P(CommContract, AllToAllOfUnequalSizes) {
  expect_ranks(GetParam(), [](Comm& comm) {
    for (int round = 0; round < 5; ++round) {
      std::vector<std::vector<std::byte>> out, in;
      std::vector<std::span<const std::byte>> send;
      std::vector<std::span<std::byte>> receive;
      for (int peer = 0; peer < comm.size(); ++peer) {
        out.push_back(message(comm.rank(), peer, size_of(comm.rank(), peer, round)));
        in.emplace_back(size_of(peer, comm.rank(), round));
      }
      for (const auto& part : out) send.push_back(part);
      for (auto& part : in) receive.push_back(part);
      if (!comm.all_to_all_v(send, receive).ok()) return __LINE__ % 90;
      for (int peer = 0; peer < comm.size(); ++peer) {
        const auto& got = in[static_cast<std::size_t>(peer)];
        if (got != message(peer, comm.rank(), got.size())) return __LINE__ % 90;
      }
    }
    return 0;
  });
}

TEST_P(CommContract, AllGatherInRankOrderAndInPlace) {
  expect_ranks(GetParam(), [](Comm& comm) {
    for (int round = 0; round < 9; ++round) {
      std::vector<std::size_t> sizes;
      std::vector<std::byte> want;
      std::size_t mine_at = 0;
      for (int peer = 0; peer < comm.size(); ++peer) {
        if (peer == comm.rank()) mine_at = want.size();
        sizes.push_back(size_of(peer, 0, round));
        const auto part = message(peer, 0, sizes.back());
        want.insert(want.end(), part.begin(), part.end());
      }
      std::vector<std::byte> all(want.size());
      const auto mine =
          std::span(all).subspan(mine_at, sizes[static_cast<std::size_t>(comm.rank())]);
      std::copy_n(want.begin() + static_cast<std::ptrdiff_t>(mine_at), mine.size(), mine.begin());
      if (!comm.all_gather_v(mine, all, sizes).ok() || all != want) return __LINE__ % 90;
    }
    const std::uint64_t number = static_cast<std::uint64_t>(comm.rank()) + 100;
    std::vector<std::uint64_t> numbers(static_cast<std::size_t>(comm.size()));
    if (!comm.all_gather(std::as_bytes(std::span(&number, 1)),
                         std::as_writable_bytes(std::span(numbers)))
             .ok()) {
      return __LINE__ % 90;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] != 100 + i) return __LINE__ % 90;
    }
    return 0;
  });
}

TEST_P(CommContract, BroadcastFromEachRootAndReduceScatter) {
  expect_ranks(GetParam(), [](Comm& comm) {
    for (int root = 0; root < comm.size(); ++root) {
      auto data = root == comm.rank() ? message(root, 1, 300001) : std::vector<std::byte>(300001);
      if (!comm.broadcast(data, root).ok() || data != message(root, 1, 300001))
        return __LINE__ % 90;
    }
    constexpr std::size_t kEach = 1001;
    std::vector<float> full(kEach * static_cast<std::size_t>(comm.size()));
    for (std::size_t i = 0; i < full.size(); ++i) {
      full[i] = static_cast<float>(i) + 0.5F * static_cast<float>(comm.rank());
    }
    std::vector<float> mine(kEach, -1.0F);
    if (!comm.reduce_scatter(full, mine).ok()) return __LINE__ % 90;
    for (std::size_t i = 0; i < kEach; ++i) {
      float want = 0.0F;
      for (int peer = 0; peer < comm.size(); ++peer) {
        want += static_cast<float>(i + kEach * static_cast<std::size_t>(comm.rank())) +
                0.5F * static_cast<float>(peer);
      }
      if (mine[i] != want) return __LINE__ % 90;
    }
    return 0;
  });
}

TEST_P(CommContract, NobodyPassesABarrierBeforeAllHaveCome) {
  // Each rank writes a byte into a pipe before the barrier; after it all bytes are there.
  int pipe_ends[2];
  ASSERT_EQ(::pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), 0);
  expect_ranks(GetParam(), [&](Comm& comm) {
    for (int round = 0; round < 50; ++round) {
      char byte = 'x';
      if (::write(pipe_ends[1], &byte, 1) != 1) return __LINE__ % 90;
      if (!comm.barrier().ok()) return __LINE__ % 90;
      if (comm.rank() == round % comm.size()) {
        std::vector<char> bytes(static_cast<std::size_t>(comm.size()));
        if (::read(pipe_ends[0], bytes.data(), bytes.size()) != comm.size()) return __LINE__ % 90;
      }
      if (!comm.barrier().ok()) return __LINE__ % 90;
    }
    return 0;
  });
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CommContract, testing::Values(1, 2, 3, 5, 8));

TEST(SharedMemoryComm, RanksMayBeThreads) {
  const std::string token = fresh_token();
  std::vector<int> results(3, -1);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 3; ++rank) {
    threads.emplace_back([&, rank] {
      results[static_cast<std::size_t>(rank)] = run_rank(token, rank, 3, [](Comm& comm) {
        std::vector<std::byte> data(500000, comm.rank() == 1 ? std::byte{7} : std::byte{0});
        if (!comm.broadcast(data, 1).ok()) return 1;
        return data == std::vector<std::byte>(500000, std::byte{7}) ? 0 : 2;
      });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(results, std::vector<int>(3, 0));
}

TEST(SharedMemoryComm, ADeadPeerIsNoticedLongBeforeTheTimeout) {
  const std::string token = fresh_token();
  const pid_t peer = ::fork();
  ASSERT_GE(peer, 0);
  if (peer == 0) {
    run_rank(token, 1, 2, [](Comm& comm) {
      (void)comm.barrier();
      ::raise(SIGKILL);
      return 0;
    });
    ::_exit(1);
  }
  std::thread reaper([&] { ::waitpid(peer, nullptr, 0); });
  const SystemClock clock;
  const TimePoint start = clock.now();
  auto comm = open_shared_memory(token, 0, 2, std::chrono::seconds(600));
  ASSERT_TRUE(comm.ok()) << comm.error().message;
  EXPECT_TRUE(comm.value()->barrier().ok());
  std::vector<std::byte> big(1 << 20);
  const auto result = comm.value()->broadcast(big, 0);
  reaper.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  EXPECT_NE(result.error().message.find("rank 1 is gone"), std::string::npos)
      << result.error().message;
  EXPECT_LT(clock.now() - start, std::chrono::seconds(300));
}

TEST(SharedMemoryComm, AbortWakesAllThatWait) {
  const std::string token = fresh_token();
  std::vector<std::thread> threads;
  std::vector<Code> codes(3, Code::kInvalid);
  for (int rank = 0; rank < 3; ++rank) {
    threads.emplace_back([&, rank] {
      run_rank(token, rank, 3, [&](Comm& comm) {
        if (rank == 2) {
          comm.abort();
        } else if (const auto result = comm.barrier(); !result.ok()) {
          codes[static_cast<std::size_t>(rank)] = result.error().code;
        }
        return 0;
      });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(codes[0], Code::kUnavailable);
  EXPECT_EQ(codes[1], Code::kUnavailable);
}

TEST(SharedMemoryComm, APeerThatStaysAwayIsATimeout) {
  const std::string token = fresh_token();
  const auto alone = open_shared_memory(token, 0, 2, std::chrono::milliseconds(50));
  ASSERT_FALSE(alone.ok());
  EXPECT_EQ(alone.error().code, Code::kUnavailable);
  EXPECT_FALSE(file_exists("/dev/shm/orch-" + token));

  std::thread peer([&] {
    run_rank(token, 1, 2, [](Comm& comm) {
      // Waits for a message that does not come, without a timeout of its own; the other's error
      // wakes it.
      std::byte data{};
      return comm.broadcast(std::span(&data, 1), 0).ok() ? 1 : 0;
    });
  });
  auto comm = open_shared_memory(token, 0, 2, std::chrono::milliseconds(300));
  ASSERT_TRUE(comm.ok()) << comm.error().message;
  std::byte data{};
  const auto result = comm.value()->broadcast(std::span(&data, 1), 1);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::kUnavailable);
  peer.join();
}

TEST(SharedMemoryComm, SizesThatDoNotFitAreAnError) {
  const std::string token = fresh_token();
  Code codes[2] = {Code::kInternal, Code::kInternal};
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      run_rank(token, rank, 2, [&](Comm& comm) {
        std::vector<std::byte> data(rank == 0 ? 100 : 101);
        std::vector<std::byte> all(2 * data.size());
        if (const auto result = comm.all_gather(data, all); !result.ok()) {
          codes[rank] = result.error().code;
        }
        return 0;
      });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(codes[0] == Code::kInvalid || codes[1] == Code::kInvalid);
  for (const Code code : codes) EXPECT_NE(code, Code::kInternal);
}

TEST(SharedMemoryComm, AFileThatADeadGangLeftIsReplaced) {
  const std::string token = fresh_token();
  ASSERT_TRUE(write_file_atomic("/dev/shm/orch-" + token, "left over").ok());
  std::vector<std::thread> threads;
  std::vector<int> results(2, -1);
  for (int rank = 1; rank >= 0; --rank) {
    threads.emplace_back([&, rank] {
      results[static_cast<std::size_t>(rank)] =
          run_rank(token, rank, 2, [](Comm& comm) { return comm.barrier().ok() ? 0 : 1; });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(results, std::vector<int>(2, 0));
  EXPECT_FALSE(file_exists("/dev/shm/orch-" + token));
}

TEST(SharedMemoryComm, WrongArgumentsAreRefused) {
  for (const char* token : {"", "a/b", "a b"}) {
    const auto comm = open_shared_memory(token, 0, 2, std::chrono::milliseconds(1));
    ASSERT_FALSE(comm.ok());
    EXPECT_EQ(comm.error().code, Code::kInvalid) << token;
  }
  for (const auto& [rank, size] : {std::pair{2, 2}, {-1, 2}, {0, 0}, {0, 65}}) {
    const auto comm = open_shared_memory("x", rank, size, std::chrono::milliseconds(1));
    ASSERT_FALSE(comm.ok());
    EXPECT_EQ(comm.error().code, Code::kInvalid);
  }
}

}  // namespace
}  // namespace orch::parallel
