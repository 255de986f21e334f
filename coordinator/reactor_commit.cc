// The fence at the artifact store: only the running attempt's commits count.

#include <algorithm>

#include "base/limits.h"
#include "coordinator/gang.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

using protocol::CommitRequest;

/// "" when the commit may count.
std::string refusal(const Step& step, const std::string& worker, const CommitRequest& m) {
  const AttemptState* attempt = find_attempt(step.state, m.id);
  if (!attempt) return "attempt " + m.id.text() + " is unknown";
  if (attempt->over()) {
    return "attempt " + m.id.text() + " is over (" + protocol::state_name(attempt->state) +
           "): its commits count no more";
  }
  if (attempt->ranks.front().place.worker != worker) {
    return worker + " does not run rank 0 of " + m.id.text();
  }
  if (m.kind != "checkpoint" && m.kind != "result" && m.kind != "progress") {
    return "unknown kind of commit: " + m.kind;
  }
  if (m.kind != "progress" && (m.path.empty() || m.path.front() != '/')) {
    return "the path of a commit must be absolute";
  }
  const bool leaves = attempt->stopping && attempt->stop_reason != protocol::StopReason::kPause;
  if (m.kind == "result" && leaves) return "attempt " + m.id.text() + " is being stopped";
  if (m.kind == "checkpoint" && step.live.free_disk_bytes < limits::kFreeDiskBytesMin) {
    return "less than " + std::to_string(limits::kFreeDiskBytesMin >> 20) +
           " MiB of disk are free: checkpoints are refused";
  }
  return "";
}

/// The same commit once more, maybe after the attempt ended by it.
bool is_repeat(const State& state, const CommitRequest& m) {
  const AttemptState* attempt = find_attempt(state, m.id);
  // To an attempt that was given up since, nothing is confirmed any more.
  if (!attempt || (attempt->over() && attempt->state != protocol::State::kSucceeded)) return false;
  const TaskState& task = *find_task(state, m.id.task);
  if (m.kind == "result") {
    return !attempt->result.digest.empty() && attempt->result.digest == m.digest;
  }
  if (m.kind == "checkpoint") {
    return task.checkpoint.made_by == m.id.attempt && task.checkpoint.digest == m.digest &&
           task.checkpoint.step == m.step;
  }
  const bool is_newest = m.id.attempt == last_attempt(task)->number;
  return m.kind == "progress" && is_newest && !attempt->over() && m.step == task.step &&
         m.ledger_hash == task.ledger_hash && m.steps == task.steps;
}

void accept(Step& step, const CommitRequest& m) {
  CommitAccepted fact;
  fact.id = m.id;
  fact.kind = m.kind;
  fact.commit = {m.artifact_kind, m.path, m.digest, m.ledger_hash, m.step, m.id.attempt};
  fact.steps = m.steps;
  step.record(std::move(fact));
}

/// SealAttempt was answered without a digest.
bool is_unreadable(const Step& step, const CommitRequest& m) {
  const AttemptState& attempt = *find_attempt(step.state, m.id);
  return m.kind == "result" && m.digest.empty() &&
         std::all_of(attempt.ranks.begin(), attempt.ranks.end(),
                     [](const RankState& rank) { return rank.ended; });
}

}  // namespace

void on_commit(Step& step, const std::string& worker, const CommitRequest& m) {
  protocol::CommitReply reply{m.id, m.kind, m.digest, m.step, true, ""};
  if (is_repeat(step.state, m)) return step.send(worker, std::move(reply));
  reply.message = refusal(step, worker, m);
  if (reply.message.empty() && m.kind != "progress" && m.digest.empty()) {
    reply.message = "the output directory cannot be read: " + m.path;
    if (is_unreadable(step, m)) {
      fail_gang(step, m.id, protocol::Failure::kExit, reply.message, "");
    }
  }
  reply.accepted = reply.message.empty();
  const AttemptState* attempt = find_attempt(step.state, m.id);
  if (reply.accepted && m.kind == "result" && !attempt->result.digest.empty()) {
    reply.accepted = false;
    reply.message = "attempt " + m.id.text() + " has committed another result already";
  }
  // A message that was overtaken must not turn the task back.
  const bool late = attempt && m.kind != "result" && m.step < attempt->step;
  if (reply.accepted && !late) accept(step, m);
  const bool settles = reply.accepted && m.kind == "result";
  step.send(worker, std::move(reply));
  if (settles) settle_gang(step, m.id);
}

}  // namespace orch::coordinator
