#include "gang.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/parallel/comm.h"
#include "jobs/train_loop.h"
#include "kernels/ops.h"
#include "protocol/rank_channel.h"

namespace orch::jobs::test {
namespace {

constexpr int kVocabulary = 61;

/// Tokens that follow a rule, so that there is something to learn; two documents a window.
class RuleSource final : public BatchSource {
 public:
  RuleSource(int length, std::uint64_t seed) : length_(length), seed_(seed) {}
  void fill(std::uint64_t first, int count, model::Batch& batch) const override {
    batch.resize(count, length_);
    for (int w = 0; w < count; ++w) {
      const std::uint64_t slot = first + static_cast<std::uint64_t>(w);
      const int border =
          1 + static_cast<int>(random_word(seed_, slot) % static_cast<std::uint64_t>(length_ - 1));
      auto token = static_cast<std::int32_t>(random_word(seed_, slot, 1) % kVocabulary);
      for (int t = 0; t < length_; ++t) {
        const auto at = static_cast<std::size_t>(w * length_ + t);
        const int begin = t < border ? 0 : border;
        batch.ids[at] = token;
        token = (token * 7 + 3) % kVocabulary;
        batch.labels[at] = t + 1 == border ? -1 : token;
        batch.positions[at] = t - begin;
        batch.segment_start[at] = begin;
      }
    }
  }
  std::string provenance(std::uint64_t slot) const override {
    return "rule " + std::to_string(slot);
  }
  std::string version() const override { return "rules"; }

 private:
  int length_;
  std::uint64_t seed_;
};

model::Config small_config() {
  model::Config config;
  config.vocab_size = kVocabulary;
  config.hidden_size = 32;
  config.intermediate_size = 72;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 8;
  config.max_position_embeddings = 64;
  config.initializer_range = 0.05;
  return config;
}

Result<void> train_as_rank(const GangRun& run, RankLink& link) {
  ORCH_ASSIGN(const model::Llama model, model::Llama::create(small_config(), kernels::cpu_ops()));
  TrainPlan plan;
  plan.kind = "test";
  plan.spec = run.spec;
  plan.steps = run.spec.steps;
  plan.start_digest = "initialised";
  plan.resume_step = link.start().resume_step;
  plan.resume_path = link.start().resume_path;
  plan.parameters = model::AlignedBuffer(model.layout().total);
  if (plan.resume_step > 0) {
    ORCH_ASSIGN(auto loaded, checkpoint::load_model(plan.resume_path));
    plan.parameters = std::move(loaded.parameters);
    plan.resume_digest = loaded.digest;
  } else {
    model::initialise(model.config(), model.layout(), run.spec.seed, plan.parameters.span());
  }
  const std::string& token = link.start().gang_token;
  const auto comm = parallel::open_shared_memory(token + "-a", link.rank(), link.ranks(),
                                                 std::chrono::seconds(60));
  const auto save = parallel::open_shared_memory(token + "-b", link.rank(), link.ranks(),
                                                 std::chrono::seconds(60));
  if (!comm.ok()) return comm.error();
  if (!save.ok()) return save.error();
  const RuleSource source(run.spec.window, run.spec.seed);
  const SystemClock clock;
  ORCH_ASSIGN(const TrainEnd end,
              train(std::move(plan), {model, source, **comm, **save, clock, link, "test-build"}));
  return finish_training(end, link);
}

[[noreturn]] void rank_process(const GangRun& run, FileDescriptor channel) {
  int code = 1;
  try {
    Result<RankLink> link = RankLink::open(std::move(channel));
    if (link.ok()) {
      const Result<void> done = train_as_rank(run, *link);
      if (!done.ok()) link->failed(done.error());
      code = done.ok() ? 0 : 1;
    }
  } catch (...) {
    code = 70;
  }
  ::_exit(code);
}

/// The parent's side of one gang.
class Parent {
 public:
  explicit Parent(const GangRun& run) : run_(run) {}

  GangOutcome drive() {
    const std::string token = "trainer-" + random_hex(6);
    for (int rank = 0; rank < run_.ranks; ++rank) start(rank, token);
    std::size_t open = channels_.size();
    while (open > 0) {
      std::vector<pollfd> files;
      for (const auto& channel : channels_)
        files.push_back({channel ? channel->descriptor() : -1, POLLIN, 0});
      ::poll(files.data(), files.size(), -1);
      for (auto& channel : channels_)
        if (channel && !drain(*channel)) {
          channel.reset();
          --open;
        }
    }
    for (const pid_t pid : pids_) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      outcome_.exit_codes.push_back(WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    }
    // What a killed gang leaves when its ranks had not all come together.
    const std::vector<std::string> names = list_directory("/dev/shm").value();
    for (const std::string& name : names) {
      if (name.starts_with("orch-" + token)) {
        EXPECT_TRUE(remove_tree("/dev/shm/" + name).ok());
      }
    }
    return outcome_;
  }

 private:
  void start(int rank, const std::string& token) {
    auto ends = protocol::make_rank_channel().value();
    const pid_t pid = ::fork();
    if (pid == 0) {
      channels_.clear();  // else nobody would see the parent's end close
      ends.first.reset();
      rank_process(run_, std::move(ends.second));
    }
    pids_.push_back(pid);
    channels_.push_back(std::make_unique<protocol::RankParentChannel>(std::move(ends.first)));
    protocol::RankStart start;
    start.id = {{JobId{1}, "test"}, Attempt{1}};
    start.rank = start.local_rank = rank;
    start.ranks_total = start.local_ranks = run_.ranks;
    start.gang_token = token;
    start.out_directory = start.run_directory = start.checkpoint_directory = run_.out;
    start.resume_path = run_.resume_path;
    start.resume_step = run_.resume_step;
    start.threads = run_.threads;
    (void)channels_.back()->send(start).ok();
  }

  /// False at the end of the stream.
  bool drain(protocol::RankParentChannel& channel) {
    while (true) {
      const auto message = channel.receive(Duration{0});
      if (!message.ok()) return false;
      if (!*message) return true;
      take(channel, **message);
    }
  }

  void take(protocol::RankParentChannel& channel, const protocol::FromRank& message) {
    if (const auto* commit = std::get_if<protocol::RankCommit>(&message)) {
      if (commit->kind == "result")
        outcome_.result = *commit;
      else
        outcome_.checkpoints.push_back(*commit);
      (void)channel
          .send(protocol::RankCommitted{commit->kind, commit->digest, commit->step,
                                        !run_.refuse_commits, "stale"})
          .ok();
    } else if (const auto* beat = std::get_if<protocol::RankBeat>(&message)) {
      at_beat(beat->step);
    } else if (const auto* failed = std::get_if<protocol::RankFailed>(&message)) {
      outcome_.failures.push_back(*failed);
      for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    } else if (std::holds_alternative<protocol::RankStopped>(message)) {
      ++outcome_.stopped;
    }
  }

  void at_beat(std::int64_t step) {
    if (step == run_.kill_after && step > 0)
      for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    if (step != run_.stop_after || step == 0 || stop_sent_) return;
    stop_sent_ = true;
    for (const auto& channel : channels_)
      if (channel) (void)channel->send(protocol::RankStop{true}).ok();
  }

  const GangRun& run_;
  GangOutcome outcome_;
  std::vector<pid_t> pids_;
  std::vector<std::unique_ptr<protocol::RankParentChannel>> channels_;
  bool stop_sent_ = false;
};

}  // namespace

protocol::TrainSpec small_spec() {
  protocol::TrainSpec spec;
  spec.steps = 6;
  spec.batch_windows = 16;
  spec.window = 12;
  spec.shards = 8;
  spec.seed = 3;
  spec.optimizer.lr = 1e-2;
  spec.checkpoints.every = 2;
  return spec;
}

GangOutcome run_gang(const GangRun& run) { return Parent(run).drive(); }

}  // namespace orch::jobs::test
