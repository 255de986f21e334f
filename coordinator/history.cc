#include "coordinator/apply.h"

namespace orch::coordinator {
namespace {

HistoryLine about(const TaskId& task, std::string text, WallTime at) {
  return {task.job, task.task, std::move(text), at};
}

std::string attempt_text(const AttemptId& id) {
  return "attempt " + std::to_string(id.attempt.value);
}

HistoryLine line(const ClusterCreated& r) { return {{}, "", "cluster created", r.at}; }
HistoryLine line(const CoordinatorStarted& r) {
  return {{}, "", "coordinator started, pid " + std::to_string(r.pid) + ", build " + r.build, r.at};
}
HistoryLine line(const JobSubmitted& r) {
  return {r.job, "", "submitted with " + std::to_string(r.plan.tasks.size()) + " tasks", r.at};
}
HistoryLine line(const WorkerRegistered& r) {
  return {{},
          "",
          r.worker + " registered: " + std::to_string(r.slots) + " slots, " +
              std::to_string(r.gpus.size()) + " GPUs, pid " + std::to_string(r.pid),
          r.at};
}
HistoryLine line(const WorkerSilent& r) { return {{}, "", r.worker + " is silent", r.at}; }

HistoryLine line(const AttemptStarted& r) {
  std::map<std::string, int> count;
  for (const Placement& place : r.ranks) ++count[place.worker];
  std::string where;
  for (const auto& [worker, ranks] : count) {
    where += (where.empty() ? "" : ", ") + worker + " (" + std::to_string(ranks) + ")";
  }
  std::string text = attempt_text(r.id) + " placed on " + where;
  if (!r.resume.path.empty()) text += ", from step " + std::to_string(r.resume.step);
  return about(r.id.task, text, r.at);
}
HistoryLine line(const RankRuns& r) {
  return about(r.id.task,
               attempt_text(r.id) + " rank " + std::to_string(r.rank) + " runs, pid " +
                   std::to_string(r.pid),
               r.at);
}
HistoryLine line(const RankGone& r) {
  std::string text = attempt_text(r.id) + " rank " + std::to_string(r.rank) + " ended";
  if (r.failure != protocol::Failure::kNone) {
    text += std::string(": ") + protocol::failure_name(r.failure);
  }
  if (!r.message.empty()) text += ", " + r.message;
  return about(r.id.task, text, r.at);
}
const char* stop_text(protocol::StopReason reason) {
  switch (reason) {
    case protocol::StopReason::kCancel:
      return "to cancel it";
    case protocol::StopReason::kPause:
      return "to pause it";
    case protocol::StopReason::kGangFailed:
      return "because its gang failed";
    case protocol::StopReason::kTimeout:
      return "because its time is over";
    case protocol::StopReason::kDisowned:
      return "because it is disowned";
  }
  return "";
}
HistoryLine line(const AttemptStopping& r) {
  return about(r.id.task, attempt_text(r.id) + " is stopped " + stop_text(r.reason), r.at);
}
HistoryLine line(const AttemptEnded& r) {
  std::string text = attempt_text(r.id) + " " + protocol::state_name(r.state);
  if (!r.message.empty()) text += ": " + r.message;
  text += std::string("; task ") + protocol::state_name(r.task_state);
  return about(r.id.task, text, r.at);
}
HistoryLine line(const WorkerReleased& r) {
  return about(r.id.task, attempt_text(r.id) + " released by " + r.worker, r.at);
}
HistoryLine line(const CommitAccepted& r) {
  if (r.kind == "progress") return {};
  return about(r.id.task,
               attempt_text(r.id) + " committed its " + r.kind + " " +
                   r.commit.digest.substr(0, 12) + " at step " + std::to_string(r.commit.step),
               r.at);
}
HistoryLine line(const TaskChanged& r) {
  std::string text = protocol::state_name(r.state);
  if (r.hold) text += ", held";
  if (!r.reason.empty()) text += ": " + r.reason;
  return about(r.task, text, r.at);
}

}  // namespace

HistoryLine history_line(const Record& record) {
  return std::visit([](const auto& fact) { return line(fact); }, record);
}

}  // namespace orch::coordinator
