// The parts that touch the machine: tail, inventory, cgroups, leftovers, name lock, digests.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/directory_digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/process_tree.h"
#include "base/random.h"
#include "worker/cgroup.h"
#include "worker/describe.h"
#include "worker/inventory.h"
#include "worker/leftovers.h"
#include "worker/name_lock.h"
#include "worker/tail.h"

namespace orch::worker {
namespace {

class WorkerParts : public testing::Test {
 protected:
  std::string path(const std::string& name) { return folder_.path() + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(write_file_atomic(path(name), bytes).ok());
  }
  TemporaryDirectory folder_{"orch-worker-parts"};
};

TEST_F(WorkerParts, TailReadsFromAnOffsetUpToALimit) {
  EXPECT_TRUE(read_piece(path("none"), 0, 10)->bytes.empty());
  EXPECT_TRUE(read_piece(path("none"), 0, 10)->at_end);
  write("log", "hello world");
  auto piece = read_piece(path("log"), 0, 5);
  EXPECT_EQ(piece->bytes, "hello");
  EXPECT_FALSE(piece->at_end);
  piece = read_piece(path("log"), 6, 5);
  EXPECT_EQ(piece->bytes, "world");
  EXPECT_TRUE(piece->at_end) << "exactly up to the end";
  EXPECT_EQ(read_piece(path("log"), 6, 100)->bytes, "world");
  EXPECT_TRUE(read_piece(path("log"), 100, 5)->bytes.empty());
  EXPECT_FALSE(read_piece(folder_.path(), 0, 5).ok());
}

TEST_F(WorkerParts, MetricsComeByWholeLines) {
  const std::string one = R"({"series":"loss","step":3,"value":2.5,"time":1750000000000000})";
  write("m", one + "\nnonsense\n{\"series\":\"lr\",\"step\":4,\"value\":1e-3}\n{\"series\":\"lo");
  auto piece = read_metrics(path("m"), 0, Attempt{2});
  ASSERT_TRUE(piece.ok());
  ASSERT_EQ(piece->points.size(), 2U);
  EXPECT_EQ(piece->points[0].series, "loss");
  EXPECT_EQ(piece->points[0].step, 3);
  EXPECT_EQ(piece->points[0].value, 2.5);
  EXPECT_EQ(piece->points[0].at.microseconds, 1'750'000'000'000'000);
  EXPECT_EQ(piece->points[0].attempt, 2U);
  EXPECT_EQ(piece->points[1].value, 1e-3);
  EXPECT_EQ(piece->bad_lines, 1);
  const std::uint64_t end = piece->end_offset;
  piece = read_metrics(path("m"), end, Attempt{2});
  EXPECT_EQ(piece->end_offset, end) << "the unfinished line is left";
  EXPECT_TRUE(piece->points.empty());
  EXPECT_TRUE(read_metrics(path("none"), 0, Attempt{2})->at_end);
}

TEST_F(WorkerParts, ManyMetricsComeInBatchesAndEndlessLinesArePassedOver) {
  std::string lines;
  for (int i = 0; i < 20'000; ++i) {
    lines += R"({"series":"s","step":)" + std::to_string(i) + R"(,"value":1})" + "\n";
  }
  write("m", lines + std::string(2 * limits::kLogChunkBytesMax, 'x'));
  std::uint64_t offset = 0;
  std::int64_t points = 0;
  for (int i = 0; i < 100; ++i) {
    const auto piece = read_metrics(path("m"), offset, Attempt{1});
    ASSERT_TRUE(piece.ok());
    EXPECT_LE(piece->points.size(), limits::kMetricsPerBatchMax);
    points += static_cast<std::int64_t>(piece->points.size());
    if (piece->end_offset == offset) break;
    offset = piece->end_offset;
  }
  EXPECT_EQ(points, 20'000);
  EXPECT_EQ(offset, lines.size() + 2 * limits::kLogChunkBytesMax);
}

TEST_F(WorkerParts, HostileMetricsDoNoHarm) {
  SeededRandom random(11);
  const std::string good = R"({"series":"loss","step":3,"value":2.5,"time":17})";
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (int line = 0; line < 5; ++line) {
      std::string broken = good;
      broken[random.below(broken.size())] = static_cast<char>(random.below(256));
      text += broken.substr(0, random.below(broken.size() + 1)) + "\n";
    }
    write("m", text);
    const auto piece = read_metrics(path("m"), 0, Attempt{1});
    ASSERT_TRUE(piece.ok());
    EXPECT_LE(piece->end_offset, text.size());
  }
}

TEST_F(WorkerParts, InventoryFindsThisMachine) {
  const Inventory inventory = take_inventory();
  EXPECT_GE(inventory.cores, 1);
  EXPECT_GT(inventory.memory_bytes, std::uint64_t{1} << 26);
  EXPECT_FALSE(inventory.host.empty());
}

TEST_F(WorkerParts, TheLeastMemoryLimitOfAllLevelsCounts) {
  ASSERT_TRUE(make_directories(path("cg/a/b")).ok());
  write("cg/a/memory.max", "1000000\n");
  write("cg/a/b/memory.max", "max\n");
  EXPECT_EQ(cgroup_memory_limit(path("cg"), "/a/b"), 1'000'000U);
  write("cg/a/b/memory.max", "5000\n");
  EXPECT_EQ(cgroup_memory_limit(path("cg"), "/a/b"), 5000U);
  EXPECT_EQ(cgroup_memory_limit(path("cg"), "/"), 0U);
  EXPECT_EQ(cgroup_memory_limit(path("none"), ""), 0U);
}

TEST_F(WorkerParts, CgroupsThatCannotBeUsedSayWhyAndLeaveNothing) {
  EXPECT_FALSE(Cgroups::open(path("none"), "/", "w").ok());
  ASSERT_TRUE(make_directories(path("cg")).ok());
  write("cg/cgroup.controllers", "memory\n");
  EXPECT_FALSE(Cgroups::open(path("cg"), "", "w").ok());
  const auto opened = Cgroups::open(path("cg"), "/", "w");  // no control files in plain folders
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("cgroup.procs"), std::string::npos);
}

TEST_F(WorkerParts, LeftoversAreOnlyThoseOfThisHomeAndName) {
  const std::string home = folder_.path();
  const auto start = [](const std::string& a, const std::string& b, const std::string& c) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    const char* environment[] = {a.c_str(), b.c_str(), c.c_str(), nullptr};
    ::execle("/bin/sleep", "sleep", "1000", nullptr, environment);
    ::_exit(1);
  };
  const pid_t ours = start("ORCH_HOME=" + home, "ORCH_WORKER=w0", "ORCH_ATTEMPT=3");
  const pid_t other_name = start("ORCH_HOME=" + home, "ORCH_WORKER=w1", "ORCH_ATTEMPT=3");
  const pid_t other_home = start("ORCH_HOME=/else", "ORCH_WORKER=w0", "ORCH_ATTEMPT=3");
  const pid_t no_rank = start("ORCH_HOME=" + home, "ORCH_WORKER=w0", "A=B");
  for (const pid_t pid : {ours, other_name, other_home, no_rank}) {
    while (read_file("/proc/" + std::to_string(pid) + "/cmdline").value().find("sleep") != 0) {
    }
  }
  EXPECT_EQ(find_leftovers(home, "w0"), std::vector<int>{ours});
  const SystemClock clock;
  EXPECT_EQ(kill_leftovers(home, "w0", clock, std::chrono::seconds(5)), 1);
  EXPECT_EQ(kill_leftovers(home, "w0", clock, std::chrono::seconds(5)), 0);
  for (const pid_t pid : {other_name, other_home, no_rank}) {
    EXPECT_EQ(::waitpid(pid, nullptr, WNOHANG), 0) << "still alive";
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  int status = 0;
  ::waitpid(ours, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(WorkerParts, ANameIsHeldByOneDaemon) {
  {
    auto first = NameLock::take(folder_.path(), "w0");
    ASSERT_TRUE(first.ok());
    ASSERT_TRUE(first->write_pid().ok());
    EXPECT_EQ(*read_file(path("run/w0.pid")), std::to_string(::getpid()) + "\n");
    EXPECT_EQ(NameLock::take(folder_.path(), "w0").error().code, Code::kUnavailable);
    EXPECT_TRUE(NameLock::take(folder_.path(), "w1").ok());
  }
  EXPECT_FALSE(file_exists(path("run/w0.pid")));
  EXPECT_TRUE(NameLock::take(folder_.path(), "w0").ok());
}

TEST_F(WorkerParts, AnOutDirectoryIsDescribedByItsContent) {
  ASSERT_TRUE(make_directories(path("out/deep/er")).ok());
  write("out/a", "one");
  write("out/deep/er/b", "two");
  const AttemptId id{{JobId{1}, "t"}, Attempt{1}};
  const DirectoryDescribed described = describe_directory(id, path("out"));
  EXPECT_EQ(described.digest, directory_digest(*digest_directory(path("out"))));
  EXPECT_EQ(described.error, "");
  EXPECT_EQ(describe_directory(id, path("none")).digest, "");
  EXPECT_NE(describe_directory(id, path("none")).error, "");
  ASSERT_EQ(::symlink("/etc/passwd", path("out/link").c_str()), 0);
  EXPECT_EQ(describe_directory(id, path("out")).digest, "") << "a link is no content";
}

}  // namespace
}  // namespace orch::worker
