// The programs as a user runs them: `orch-tool run` is killed at random moments, resumed at other
// rank counts, and ends with the ledger hash of a run that nobody disturbed; nothing of a killed
// run stays alive.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/process_tree.h"
#include "base/random.h"

extern char** environ;  // NOLINT: POSIX

namespace orch::jobs {
namespace {

constexpr int kKills = 6;

class Resume : public testing::Test {
 protected:
  void SetUp() override {
    SeededRandom random(1);
    std::string text;
    const char* words[] = {"red",    "blue", "iron", "lion", "seven",
                           "copper", "is",   "the",  "of",   "has"};
    for (int i = 0; i < 800; ++i) {
      text += "{\"text\": \"";
      for (int n = 0; n < 12; ++n) text += std::string(n ? " " : "") + words[random.below(10)];
      text += ".\"}\n";
    }
    ASSERT_TRUE(write_file_atomic(path("texts.jsonl"), text).ok());
    ASSERT_TRUE(write_file_atomic(path("spec.yaml"), spec()).ok());
  }

  std::string path(const std::string& name) { return join_path(folder_.path(), name); }

  std::string spec() {
    return "version: 1\nname: resume\ntasks:\n"
           "  data:\n    prepare:\n"
           "      tokenizer: {train: {vocabulary: 300, special_tokens: [\"<eos>\"], files: [\"" +
           path("texts.jsonl") + "\"]}}\n      sources: {all: {files: [\"" + path("texts.jsonl") +
           "\"]}}\n"
           "  base:\n    ranks: 2\n    pretrain:\n      data: \"@data\"\n      mixture: {all: 1}\n"
           "      model: {hidden_size: 64, intermediate_size: 160, num_hidden_layers: 2, "
           "num_attention_heads: 4}\n"
           "      steps: 120\n      batch_windows: 16\n      window: 32\n      shards: 4\n"
           "      checkpoints: {every: 10}\n";
  }

  /// Starts orch-tool with its standard output in `output`.
  pid_t start(const std::string& output, int ranks, bool resume) {
    std::vector<std::string> argv = {std::string(ORCH_BIN_DIR) + "/orch-tool",
                                     "run",
                                     "--spec",
                                     path("spec.yaml"),
                                     "--task",
                                     "base",
                                     "--ranks",
                                     std::to_string(ranks),
                                     "--output",
                                     output};
    if (resume) argv.emplace_back("--resume");
    std::vector<char*> raw;
    for (std::string& word : argv) raw.push_back(word.data());
    raw.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, path("stdout").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_addopen(&actions, 2, path("stderr").c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, raw[0], &actions, nullptr, raw.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
  }

  int wait_for(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  /// The line "ledger HASH" of a finished run.
  std::string finish(const std::string& output, int ranks, bool resume) {
    EXPECT_EQ(wait_for(start(output, ranks, resume)), 0) << read_file(path("stderr")).value();
    const std::string text = read_file(path("stdout")).value();
    const std::size_t at = text.rfind("ledger ");
    return at == std::string::npos ? "" : text.substr(at);
  }

  /// Lines in the ledger, without a verdict on them.
  std::size_t steps(const std::string& output) {
    const Result<std::string> text = read_file(join_path(output, "base/ledger.jsonl"));
    if (!text.ok()) return 0;
    return static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n'));
  }

  /// Processes that were started for a run in `output`: it stands in their command line or
  /// environment.
  std::size_t alive(const std::vector<pid_t>& pids) {
    std::size_t count = 0;
    for (const pid_t pid : pids) count += ::kill(pid, 0) == 0 ? 1 : 0;
    return count;
  }

  TemporaryDirectory folder_{"trainer"};
};

TEST_F(Resume, KilledAtRandomMomentsItEndsWithTheSameLedger) {
  const std::string expected = finish(path("undisturbed"), 2, false);
  ASSERT_EQ(expected.size(), std::string("ledger ").size() + 65) << expected;
  EXPECT_EQ(finish(path("alone"), 1, false), expected);

  SystemRandom random;
  const std::string output = path("killed");
  for (int kill = 0; kill < kKills; ++kill) {
    const std::size_t before = steps(output), after = before + 1 + random.below(30);
    const pid_t pid = start(output, 1 + kill % 4, kill > 0);
    SystemClock clock;
    const TimePoint deadline = clock.now() + std::chrono::seconds(60);
    // A resumed ledger first falls back to its checkpoint: wait for progress beyond it, or the end.
    while (steps(output) < std::min<std::size_t>(after, 119) && clock.now() < deadline &&
           ::waitpid(pid, nullptr, WNOHANG) == 0)
      ::poll(nullptr, 0, 1);
    const std::vector<pid_t> family = descendants_of(pid);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    while (alive(family) > 0 && clock.now() < deadline) ::poll(nullptr, 0, 5);
    EXPECT_EQ(alive(family), 0U) << "ranks outlived their parent";
  }
  EXPECT_EQ(finish(output, 3, true), expected);
  EXPECT_EQ(finish(output, 2, true), expected) << "a finished run repeats its last word";
}

TEST_F(Resume, AnInterruptStopsWithACheckpoint) {
  const std::string output = path("interrupted");
  const pid_t pid = start(output, 2, false);
  while (steps(output) < 15 && ::waitpid(pid, nullptr, WNOHANG) == 0) ::poll(nullptr, 0, 1);
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 130);
  EXPECT_FALSE(file_exists(join_path(output, ".orch/base/done")));
  EXPECT_EQ(finish(output, 4, true), finish(path("undisturbed"), 2, false));
}

TEST_F(Resume, AFullFolderIsNotTouchedWithoutResume) {
  ASSERT_TRUE(make_directories(path("full")).ok());
  ASSERT_TRUE(write_file_atomic(path("full/precious"), "1").ok());
  EXPECT_EQ(wait_for(start(path("full"), 1, false)), 2);
  EXPECT_NE(read_file(path("stderr")).value().find("--resume"), std::string::npos);
}

}  // namespace
}  // namespace orch::jobs
