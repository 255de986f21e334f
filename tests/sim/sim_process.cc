#include "tests/sim/sim_process.h"

#include <csignal>

namespace orch::sim {
namespace {

constexpr std::int64_t kSaveEvery = 5;
constexpr TimePoint kNever = TimePoint::max();

}  // namespace

Process::Process(const worker::SpawnRank& spawn, TimePoint now, Random& random, double faults)
    : id_(spawn.rank), start_(spawn.start), random_(random), cpu_(static_cast<int>(spawn.cpu)) {
  steps_ = 5 + static_cast<std::int64_t>(random_.below(20));
  step_ = resume_step();
  saved_ = step_;
  if (start_) steps_ = 20;  // the same for every attempt
  ignores_term_ = random_.chance(faults);
  if (random_.chance(faults)) {
    dies_at_step_ = step_ + static_cast<std::int64_t>(random_.below(20));
    if (random_.chance(0.3)) {
      death_code_ = 1;
    } else {
      death_signal_ = SIGSEGV;
    }
  }
  next_at_ = now + pause(200);
}

Duration Process::pause(int ms_max) {
  return std::chrono::milliseconds(1 + random_.below(static_cast<std::uint64_t>(ms_max)));
}

Act Process::exit_with(int code, int signal) {
  next_at_ = kNever;
  return {std::nullopt, worker::RankExited{id_, code, signal, false}};
}

Act Process::act(TimePoint now, std::string& log) {
  next_at_ = now + pause(300);
  if (killed_by_) return exit_with(0, *killed_by_);
  if (step_ == dies_at_step_) return exit_with(death_code_, death_signal_);
  log += "step " + std::to_string(step_) + "\n";
  if (start_) return train(now);
  if (step_ >= steps_) return exit_with(0, 0);
  ++step_;
  return {};
}

protocol::RankCommit Process::commit(const std::string& kind) const {
  protocol::RankCommit out;
  out.kind = kind;
  out.artifact_kind = "checkpoint";
  out.path = kind == "result" ? start_->out_directory : start_->checkpoint_directory;
  out.digest = "d" + std::to_string(step_) + "of" + id_.id.text();
  out.step = step_;
  out.steps = steps_;
  out.ledger_hash = "h" + std::to_string(step_);
  return out;
}

Act Process::train(TimePoint) {
  if (refused_) return exit_with(3, 0);
  if (finished_) return exit_with(0, 0);
  if (waits_) return {};
  if (id_.rank != 0) {  // follows rank 0 at its own speed
    if (stop_ && !said_stop_) {
      said_stop_ = true;
      return {protocol::RankStopped{step_}, std::nullopt};
    }
    if (stop_ || step_ >= steps_) return exit_with(0, 0);
    ++step_;
    return {};
  }
  if (step_ >= steps_) {
    waits_ = true;
    return {commit("result"), std::nullopt};
  }
  if (stop_ && saved_ == step_) {
    if (said_stop_) return exit_with(0, 0);
    said_stop_ = true;
    return {protocol::RankStopped{step_}, std::nullopt};
  }
  if (saved_ != step_ && (stop_ || step_ % kSaveEvery == 0)) {
    waits_ = true;
    return {commit("checkpoint"), std::nullopt};
  }
  ++step_;
  return {commit("progress"), std::nullopt};
}

void Process::hear(const protocol::ToRank& message, TimePoint now) {
  if (const auto* said = std::get_if<protocol::RankCommitted>(&message)) {
    if (said->kind == "progress") return;
    waits_ = false;
    refused_ = !said->accepted;
    saved_ = said->step;
    if (said->kind == "result" && said->accepted) finished_ = true;
  } else if (std::holds_alternative<protocol::RankStop>(message)) {
    stop_ = true;
  }
  if (next_at_ != kNever) next_at_ = now + pause(20);
}

void Process::signal(int number, TimePoint now) {
  if (next_at_ == kNever || (number == SIGTERM && ignores_term_)) return;
  killed_by_ = number;
  next_at_ = now + pause(number == SIGKILL ? 20 : 500);
}

}  // namespace orch::sim
