#include "jobs/train_loop.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/sha256.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/checkpoint_keeper.h"
#include "jobs/early_stop.h"
#include "jobs/metrics/metrics_writer.h"
#include "jobs/optim/gradient_sum.h"
#include "jobs/optim/ledger.h"
#include "jobs/optim/schedule.h"
#include "jobs/optim/sharded_adamw.h"
#include "jobs/optim/thread_team.h"
#include "jobs/parallel/comm.h"
#include "kernels/ops.h"

namespace orch::jobs {
namespace {

constexpr int kProvenanceSlotsMax = 4;
constexpr Duration kProgressEvery = std::chrono::seconds(1);
/// So many lines of a whole run go to the rank's log; all steps are in metrics.jsonl.
constexpr std::int64_t kLogLines = 20;

/// What each rank tells all others after its shards: the same bytes for a shard whoever computed
/// it.
struct ShardReport {
  double loss = 0;
  std::int64_t tokens = 0;
};

/// Shortest decimal form that reads back as the same bits.
std::string exact(double value) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

class Trainer {
 public:
  Trainer(TrainPlan plan, const TrainWorld& world)
      : plan_(std::move(plan)),
        world_(world),
        ops_(kernels::cpu_ops()),
        team_(std::max(1, world.link.start().threads), model::single_threaded_math),
        sum_(world.model.layout().blocks(), plan_.spec.shards, world.comm.rank(), world.comm.size(),
             ops_),
        optimizer_(world.model.layout(), plan_.spec.optimizer, ops_, world.comm.rank(),
                   world.comm.size()),
        keeper_(plan_.spec.checkpoints, plan_.steps, world.save_comm, world.link),
        early_stop_(plan_.spec.stop),
        reports_(static_cast<std::size_t>(plan_.spec.shards)),
        workspaces_(static_cast<std::size_t>(team_.size())),
        batches_(static_cast<std::size_t>(team_.size())) {}

  Result<TrainEnd> run() {
    ORCH_TRY(prepare());
    if (early_stop_.reached()) plan_.steps = plan_.resume_step;
    for (std::int64_t step = plan_.resume_step + 1; step <= plan_.steps; ++step) {
      ORCH_TRY(train_step(step));
      const bool enough = early_stop_.reached();
      if (enough) plan_.steps = step;
      ORCH_TRY(tell_progress(step));
      const bool stop = stop_agreed_ && step < plan_.steps;
      if (keeper_.due(step) || enough || (stop && save_agreed_)) ORCH_TRY(start_save(step));
      ORCH_TRY(keeper_.poll());
      if (stop) return end(step, true);
    }
    return end(plan_.steps, false);
  }

 private:
  Result<void> prepare();
  Result<void> train_step(std::int64_t step);
  Result<void> compute_shards(std::int64_t step);
  Result<void> compute_shard(std::int64_t step, int shard, int thread, std::span<float> gradient);
  Result<void> exchange_reports();
  Result<void> record(std::int64_t step, double loss, double norm, double lr,
                      const std::string& state);
  Result<void> tell_progress(std::int64_t step);
  Result<void> start_save(std::int64_t step);
  Result<TrainEnd> end(std::int64_t step, bool stopped);
  Error not_finite(std::int64_t step, double loss, double norm) const;
  int windows_per_shard() const { return plan_.spec.batch_windows / plan_.spec.shards; }
  std::uint64_t first_slot(std::int64_t step, int shard) const {
    return static_cast<std::uint64_t>((step - 1) * plan_.spec.batch_windows +
                                      shard * windows_per_shard());
  }

  TrainPlan plan_;
  TrainWorld world_;
  const kernels::Ops& ops_;
  optim::ThreadTeam team_;
  optim::GradientSum sum_;
  optim::ShardedAdamW optimizer_;
  CheckpointKeeper keeper_;
  EarlyStop early_stop_;
  std::optional<optim::Ledger> ledger_;            // rank 0
  std::optional<metrics::MetricsWriter> metrics_;  // rank 0
  std::vector<ShardReport> reports_;               // all shards of the step
  std::vector<model::Workspace> workspaces_;       // one a thread
  std::vector<model::Batch> batches_;              // one a thread
  std::int64_t tokens_ = 0;                        // counted tokens of the step's global batch
  bool stop_agreed_ = false, save_agreed_ = false;
  TimePoint step_began_{}, progress_told_{};
};

Result<void> Trainer::prepare() {
  const protocol::RankStart& start = world_.link.start();
  if (plan_.resume_step > 0)
    ORCH_TRY(checkpoint::load_optimizer(plan_.resume_path, world_.model.layout(),
                                        optimizer_.blocks().begin, optimizer_.blocks().end,
                                        optimizer_.m(), optimizer_.v()));
  std::string text;
  if (plan_.resume_step > 0 && (start.rank == 0 || plan_.spec.stop)) {
    ORCH_ASSIGN(text, checkpoint::load_text(plan_.resume_path, "orch/ledger.jsonl"));
    ORCH_TRY(early_stop_.recall(text));
  }
  if (start.rank == 0) {
    const std::string genesis = run_genesis(plan_, world_.model, world_.source);
    ORCH_ASSIGN(ledger_, optim::Ledger::begin(join_path(start.run_directory, "ledger.jsonl"), text,
                                              plan_.resume_step, genesis));
    ORCH_ASSIGN(metrics_,
                metrics::MetricsWriter::open(join_path(start.run_directory, "metrics.jsonl")));
    ORCH_TRY(keeper_.clean(plan_.resume_step));
  }
  ORCH_TRY(world_.link.beat(plan_.resume_step, plan_.steps));
  ORCH_TRY(world_.comm.barrier());  // nobody saves into a folder that rank 0 still cleans
  step_began_ = world_.clock.now();
  return {};
}

Result<void> Trainer::train_step(std::int64_t step) {
  ORCH_TRY(compute_shards(step));
  ORCH_TRY(exchange_reports());
  ORCH_ASSIGN(const std::span<float> gradient, sum_.finish(world_.comm));
  std::vector<double> losses;
  for (const ShardReport& report : reports_) losses.push_back(report.loss);
  const double loss = optim::tree_sum(losses.data(), losses.size()) / static_cast<double>(tokens_);
  ORCH_ASSIGN(const double norm, optimizer_.gradient_norm(gradient, tokens_, world_.comm));
  if (!std::isfinite(loss) || !std::isfinite(norm)) {
    world_.link.fail_as(protocol::Failure::kNumeric);
    return not_finite(step, loss, norm);
  }
  const double lr = optim::learning_rate(plan_.spec.optimizer, step - 1, plan_.steps);
  ORCH_TRY(optimizer_.update(plan_.parameters.span(), gradient, norm, tokens_, lr, step,
                             world_.comm, team_));
  sum_.reset();
  early_stop_.add(loss);
  ORCH_ASSIGN(const std::string state,
              optimizer_.digest(plan_.parameters.span(), world_.comm, team_));
  return record(step, loss, norm, lr, state);
}

Result<void> Trainer::compute_shards(std::int64_t step) {
  const optim::Range mine = sum_.shards();
  for (std::int64_t wave = mine.begin; wave < mine.end; wave += team_.size()) {
    const int count = static_cast<int>(std::min<std::int64_t>(team_.size(), mine.end - wave));
    std::vector<model::AlignedBuffer> gradients;
    for (int i = 0; i < count; ++i) gradients.push_back(sum_.take_buffer());
    std::vector<Result<void>> done(static_cast<std::size_t>(count));
    team_.run([&](int thread) {
      const auto i = static_cast<std::size_t>(thread);
      if (thread < count)
        done[i] = compute_shard(step, static_cast<int>(wave) + thread, thread, gradients[i].span());
    });
    for (int i = 0; i < count; ++i) {
      ORCH_TRY(done[static_cast<std::size_t>(i)]);
      sum_.push(static_cast<int>(wave) + i, std::move(gradients[static_cast<std::size_t>(i)]),
                team_);
    }
  }
  return {};
}

Result<void> Trainer::compute_shard(std::int64_t step, int shard, int thread,
                                    std::span<float> gradient) {
  const auto i = static_cast<std::size_t>(thread);
  world_.source.fill(first_slot(step, shard), windows_per_shard(), batches_[i]);
  ORCH_TRY(world_.model.check(batches_[i]));
  std::memset(gradient.data(), 0, gradient.size_bytes());
  const model::ShardLoss loss =
      world_.model.forward_backward(plan_.parameters.span(), batches_[i], gradient, workspaces_[i]);
  reports_[static_cast<std::size_t>(shard)] = {loss.loss, loss.tokens};
  return {};
}

Result<void> Trainer::exchange_reports() {
  struct Order {
    std::int64_t stop = 0, save = 0;
  };
  const int ranks = world_.comm.size();
  std::vector<std::size_t> sizes;
  for (int rank = 0; rank < ranks; ++rank)
    sizes.push_back(
        static_cast<std::size_t>(optim::even_part(plan_.spec.shards, rank, ranks).size()) *
        sizeof(ShardReport));
  const optim::Range mine = sum_.shards();
  const auto own = std::span(reports_).subspan(static_cast<std::size_t>(mine.begin),
                                               static_cast<std::size_t>(mine.size()));
  ORCH_TRY(world_.comm.all_gather_v(std::as_bytes(own), std::as_writable_bytes(std::span(reports_)),
                                    sizes));
  tokens_ = 0;
  for (const ShardReport& report : reports_) tokens_ += report.tokens;
  if (tokens_ == 0) return invalid("a global batch without a single token to learn from");

  const Order order{world_.link.stop_requested(), world_.link.checkpoint_first()};
  std::vector<Order> orders(static_cast<std::size_t>(ranks));
  ORCH_TRY(world_.comm.all_gather(std::as_bytes(std::span(&order, 1)),
                                  std::as_writable_bytes(std::span(orders))));
  for (const Order& one : orders) {
    stop_agreed_ = stop_agreed_ || one.stop != 0;
    save_agreed_ = save_agreed_ || one.save != 0;
  }
  return {};
}

Error Trainer::not_finite(std::int64_t step, double loss, double norm) const {
  std::vector<int> shards;
  for (int shard = 0; shard < plan_.spec.shards; ++shard)
    if (!std::isfinite(reports_[static_cast<std::size_t>(shard)].loss)) shards.push_back(shard);
  const bool named = !shards.empty();
  if (!named) shards.push_back(0);
  const std::uint64_t first = first_slot(step, shards.front());
  const int count = named ? windows_per_shard() : plan_.spec.batch_windows;
  std::string message = "step " + std::to_string(step) + ": loss " + exact(loss) +
                        ", gradient norm " + exact(norm) + "; slots " + std::to_string(first) +
                        "-" + std::to_string(first + static_cast<std::uint64_t>(count) - 1);
  for (int i = 0; i < std::min(count, kProvenanceSlotsMax); ++i)
    message +=
        (i == 0 ? ": " : "; ") + world_.source.provenance(first + static_cast<std::uint64_t>(i));
  if (count > kProvenanceSlotsMax) message += "; …";
  return {Code::kInternal, message,
          "lower optimizer.lr or optimizer.clip, or look at these samples"};
}

Result<void> Trainer::record(std::int64_t step, double loss, double norm, double lr,
                             const std::string& state) {
  if (!ledger_) return {};
  ORCH_TRY(ledger_->append({.step = step,
                            .prev = {},
                            .cursor = static_cast<std::uint64_t>(step * plan_.spec.batch_windows),
                            .mixture = world_.source.version(),
                            .loss_bits = optim::loss_bits(loss),
                            .state = state,
                            .build = world_.build,
                            .hash = {}}));
  const TimePoint now = world_.clock.now();
  const double seconds = std::chrono::duration<double>(now - step_began_).count();
  step_began_ = now;
  if (step % std::max<std::int64_t>(1, plan_.steps / kLogLines) == 0)
    log_info("step " + std::to_string(step) + "/" + std::to_string(plan_.steps) + " loss " +
             exact(loss) + " grad_norm " + exact(norm) + " lr " + exact(lr));
  const double positions = static_cast<double>(plan_.spec.batch_windows) * plan_.spec.window;
  return metrics_->append(step, world_.clock.wall(),
                          {{"loss", loss},
                           {"grad_norm", norm},
                           {"lr", lr},
                           {"tokens_per_second", positions / seconds},
                           {"memory_bytes", metrics::resident_bytes()}});
}

/// A beat each step; where the run is, for lists and estimates, at most once a second.
Result<void> Trainer::tell_progress(std::int64_t step) {
  ORCH_TRY(world_.link.beat(step, plan_.steps));
  if (!ledger_ || step_began_ - progress_told_ < kProgressEvery) return {};
  progress_told_ = step_began_;
  return world_.link.ask_commit({.kind = "progress",
                                 .artifact_kind = {},
                                 .path = {},
                                 .digest = {},
                                 .step = step,
                                 .steps = plan_.steps,
                                 .ledger_hash = ledger_->last_hash()});
}

Result<void> Trainer::start_save(std::int64_t step) {
  const optim::Range blocks = optimizer_.blocks();
  checkpoint::SaveRequest request;
  request.config = &world_.model.config();
  request.layout = &world_.model.layout();
  request.block_begin = blocks.begin;
  request.block_end = blocks.end;
  request.parameters =
      plan_.parameters.span().subspan(static_cast<std::size_t>(blocks.begin * model::kBlock),
                                      static_cast<std::size_t>(blocks.size() * model::kBlock));
  request.m = optimizer_.m();
  request.v = optimizer_.v();
  std::string ledger_hash;
  if (ledger_) {
    ORCH_TRY(ledger_->sync());
    ledger_hash = ledger_->last_hash();
    request.small_files = plan_.small_files;
    ORCH_ASSIGN(request.small_files["orch/ledger.jsonl"], ledger_->text());
    request.small_files["orch/run.json"] =
        "{\"format\": 1, \"kind\": \"" + plan_.kind + "\", \"step\": " + std::to_string(step) +
        ", \"steps\": " + std::to_string(plan_.steps) +
        ", \"cursor\": " + std::to_string(step * plan_.spec.batch_windows) +
        ", \"ledger_hash\": \"" + ledger_hash + "\"}\n";
  }
  return keeper_.start(std::move(request), step, ledger_hash);
}

Result<TrainEnd> Trainer::end(std::int64_t step, bool stopped) {
  TrainEnd end{.stopped = stopped,
               .step = step,
               .steps = plan_.steps,
               .ledger_hash = {},
               .checkpoint = {},
               .digest = {}};
  ORCH_ASSIGN(const CheckpointRecord last, keeper_.finish());
  if (ledger_) end.ledger_hash = ledger_->last_hash();
  // A run that had no step left to do ends with the checkpoint that it began with.
  end.checkpoint = last.step == step ? last.path : plan_.resume_path;
  end.digest = last.step == step ? last.digest : plan_.resume_digest;
  return end;
}

}  // namespace

std::string run_genesis(const TrainPlan& plan, const model::Llama& model,
                        const BatchSource& source) {
  const protocol::TrainSpec& spec = plan.spec;
  const protocol::OptimizerSpec& optimizer = spec.optimizer;
  std::string text = "orch run 1\n" + plan.kind + "\nsteps " + std::to_string(plan.steps) +
                     "\nbatch " + std::to_string(spec.batch_windows) + " x " +
                     std::to_string(spec.window) + " in " + std::to_string(spec.shards) +
                     "\nseed " + std::to_string(spec.seed) + "\nadamw";
  for (const double value :
       {optimizer.lr, optimizer.beta1, optimizer.beta2, optimizer.eps, optimizer.weight_decay,
        optimizer.clip, optimizer.warmup_ratio, optimizer.min_lr_ratio})
    text += " " + exact(value);
  if (spec.stop)
    text += "\nstop " + exact(spec.stop->loss) + " over " + std::to_string(spec.stop->over);
  text += "\ndata " + source.version() + "\nstart " + plan.start_digest + "\n" + plan.details +
          "\n" + model::config_json(model.config());
  return sha256_hex(text);
}

Result<TrainEnd> train(TrainPlan plan, const TrainWorld& world) {
  const protocol::TrainSpec& spec = plan.spec;
  if (world.comm.size() > spec.shards)
    return invalid(
        std::to_string(world.comm.size()) + " ranks, but the global batch is cut into " +
            std::to_string(spec.shards) + " shards only",
        "set shards (a power of two that divides batch_windows) to the largest rank count");
  if (!optim::is_power_of_two(spec.shards) || spec.batch_windows % spec.shards != 0)
    return invalid(
        "shards: " + std::to_string(spec.shards) +
        " is not a power of two that divides batch_windows: " + std::to_string(spec.batch_windows));
  auto end = Trainer(std::move(plan), world).run();
  // A rank that only missed another one must not pass for the cause of the failure.
  if (!end.ok() && (world.comm.peer_lost() || world.save_comm.peer_lost()))
    world.link.fail_as(protocol::Failure::kWorkerLost);
  return end;
}

Result<void> finish_training(const TrainEnd& end, RankLink& link) {
  if (end.stopped) {
    link.stopped(end.step);
    return {};
  }
  if (link.rank() != 0) return {};
  return link.commit({.kind = "result",
                      .artifact_kind = "checkpoint",
                      .path = end.checkpoint,
                      .digest = end.digest,
                      .step = end.step,
                      .steps = end.steps,
                      .ledger_hash = end.ledger_hash});
}

}  // namespace orch::jobs
