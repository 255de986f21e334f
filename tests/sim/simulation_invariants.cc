// What must hold at every step and at the end.

#include <cstdio>

#include "coordinator/apply.h"
#include "coordinator/record_codec.h"
#include "coordinator/snapshot.h"
#include "tests/sim/simulation.h"

namespace orch::sim {

using protocol::State;

void Simulation::breach(const std::string& what) {
  if (outcome_.breach.empty()) {
    outcome_.breach = what + " (at " + human_duration(clock_.now().time_since_epoch()) + ", step " +
                      std::to_string(outcome_.steps) + ")";
  }
}

/// The shadow is the state that a restart would find. Every new record on disk is checked and
/// applied.
void Simulation::follow_disk() {
  storage::SimulatedControlLog reader(disk_);
  const auto outcome =
      reader.replay(shadow_.position, [&](LogPosition, std::string_view bytes) -> Result<void> {
        ORCH_ASSIGN(const coordinator::Record record, coordinator::decode_record(bytes));
        check_record(record);
        return coordinator::apply(shadow_, record);
      });
  if (!outcome.ok()) breach("replay: " + outcome.error().message);
}

/// Before it is applied: final states do not regress, but by a retry.
void Simulation::check_record(const coordinator::Record& record) {
  if (options_.verbose) {
    const coordinator::HistoryLine line = coordinator::history_line(record);
    std::printf("%10.3f %s/%s %s\n",
                static_cast<double>(clock_.now().time_since_epoch().count()) / 1e9,
                std::to_string(line.job.value).c_str(), line.task.c_str(), line.text.c_str());
  }
  const auto state_of = [&](const TaskId& id) {
    const coordinator::TaskState* task = coordinator::find_task(shadow_, id);
    return task ? task->state : State::kWaiting;
  };
  if (const auto* changed = std::get_if<coordinator::TaskChanged>(&record)) {
    if (is_final(state_of(changed->task)) && !changed->fresh_budget) {
      breach("a final task changed: " + changed->task.text());
    }
    if (state_of(changed->task) == State::kSucceeded) {
      breach("a succeeded task changed: " + changed->task.text());
    }
  } else if (const auto* started = std::get_if<coordinator::AttemptStarted>(&record)) {
    ++outcome_.attempts;
    if (state_of(started->id.task) != State::kWaiting) {
      breach("an attempt began of a task that was not waiting: " + started->id.text());
    }
    const coordinator::TaskState* task = coordinator::find_task(shadow_, started->id.task);
    for (const auto& attempt : task->attempts) {
      if (!attempt.over()) breach("two attempts run: " + started->id.text());
    }
  } else if (const auto* commit = std::get_if<coordinator::CommitAccepted>(&record)) {
    const auto* attempt = coordinator::find_attempt(shadow_, commit->id);
    if (!attempt || attempt->over()) {
      breach("a commit of an attempt that is over was accepted: " + commit->id.text());
    }
  }
}

void Simulation::check_acknowledged() {
  if (!brain_) return;
  for (const auto& [request, job] : user_->acknowledged()) {
    const coordinator::JobState* found = coordinator::find_job(brain_->state(), job);
    if (!found || found->request_id != request) {
      breach("an acknowledged job is lost: " + request);
    }
  }
}

void Simulation::check_slots(const Node& node, const worker::SpawnRank& spawn) {
  if (node.slots_in_use() + spawn.cpu > node.slots()) {
    breach(node.name() + " was given " + spawn.rank.text() + " while its slots are in use");
  }
  for (const auto& [rank, process] : node.processes()) {
    if (rank.id.task == spawn.rank.id.task && rank.id.attempt != spawn.rank.id.attempt) {
      breach("two attempts of a task run on " + node.name() + ": " + spawn.rank.text());
    }
  }
  const auto& start = spawn.start;
  if (!start || start->resume_path.empty()) return;
  const coordinator::AttemptState* attempt = coordinator::find_attempt(shadow_, spawn.rank.id);
  if (!attempt) return breach("a rank was spawned whose attempt is not on disk");
  if (attempt->resume.step != start->resume_step) {
    breach(spawn.rank.text() + " resumes from another step than was recorded");
  }
}

/// Effects of attempts are accepted in order, and one result only.
void Simulation::check_told(const AttemptId& id, const protocol::RankCommitted& said) {
  Attempt& highest = told_[id.task];
  if (id.attempt < highest) {
    breach("a commit of " + id.text() + " was accepted after one of attempt " +
           std::to_string(highest.value));
  }
  highest = id.attempt;
  const auto* attempt = coordinator::find_attempt(shadow_, id);
  if (!attempt) return breach("a commit was confirmed before its attempt was durable");
  if (said.kind != "result") return;
  if (attempt->result.digest != said.digest) {
    breach("a result of " + id.text() + " was confirmed before it was durable");
  }
}

void Simulation::check_replay() {
  follow_disk();
  if (coordinator::state_digest(shadow_) != coordinator::state_digest(brain_->state())) {
    breach("the snapshot and the records after it give another state than all records");
  }
}

void Simulation::check_end() {
  follow_disk();
  if (shadow_.position == brain_->state().position) check_replay();
  for (const auto& [id, job] : brain_->state().jobs) {
    ++outcome_.jobs;
    if (job.state == State::kSucceeded) ++outcome_.succeeded;
    for (std::size_t i = 0; i < job.tasks.size(); ++i) {
      const coordinator::TaskState& task = job.tasks[i];
      const bool has_artifact = !task.artifact.empty();
      if (has_artifact != (task.state == State::kSucceeded)) {
        breach("artifact and state of " + std::to_string(id.value) + "/" + job.plan.tasks[i].name +
               " do not fit");
      }
    }
  }
  for (const auto& [name, worker] : brain_->state().workers) {
    if (worker.slots_used != 0 || worker.memory_used != 0) breach(name + " still holds devices");
  }
  for (const auto& node : nodes_) {
    if (node->slots_in_use() != 0) breach(node->name() + " still runs processes");
    for (const auto& [rank, text] : node->logs()) {
      storage::LogQuery query;
      query.job = rank.id.task.job;
      query.task = rank.id.task.task;
      query.attempt = rank.id.attempt;
      query.rank = rank.rank;
      const auto page = metrics_->read_logs(query);
      std::string read;
      if (page.ok()) {
        for (const auto& chunk : page->chunks) read += chunk.bytes;
      }
      if (read != text) breach("the log of " + rank.text() + " is not complete");
    }
  }
}

}  // namespace orch::sim
