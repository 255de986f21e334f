#include "orchctl/records.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace orch::orchctl {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(WallTime t) { return t.microseconds == 0 ? Json(nullptr) : Json(iso8601(t)); }

void write_yaml(std::string& out, const Json& value, int depth) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items()) {
      const bool nested = member.is_structured() && !member.empty();
      out += indent + key + (nested ? ":\n" : ": " + member.dump() + "\n");
      if (nested) write_yaml(out, member, depth + 1);
    }
  } else if (value.is_array() && !value.empty()) {
    for (const Json& member : value) {
      if (member.is_structured() && !member.empty()) {
        std::string inner;
        write_yaml(inner, member, depth + 1);
        inner[static_cast<std::size_t>(depth) * 2] = '-';
        out += inner;
      } else {
        out += indent + "- " + member.dump() + "\n";
      }
    }
  } else {
    out += indent + value.dump() + "\n";
  }
}

}  // namespace

Json to_json(const protocol::JobInfo& job) {
  return {{"job", job.job.value},
          {"name", job.name},
          {"state", protocol::state_name(job.state)},
          {"queue", job.queue},
          {"priority", job.priority},
          {"tasks", job.tasks_total},
          {"tasks_done", job.tasks_done},
          {"submitted", time_or_null(job.submitted)},
          {"started", time_or_null(job.started)},
          {"ended", time_or_null(job.ended)},
          {"reason", job.reason}};
}

Json to_json(const protocol::TaskInfo& task) {
  return {{"job", task.task.job.value},
          {"task", task.task.task},
          {"kind", task.kind},
          {"state", protocol::state_name(task.state)},
          {"attempt", task.attempt},
          {"restarts", task.restarts},
          {"artifact", task.artifact},
          {"artifact_path", task.artifact_path},
          {"ledger_hash", task.ledger_hash},
          {"step", task.step},
          {"steps", task.steps},
          {"reason", task.reason}};
}

Json to_json(const protocol::AttemptInfo& attempt) {
  Json ranks = Json::array();
  for (const protocol::RankInfo& rank : attempt.ranks) {
    ranks.push_back({{"rank", rank.rank}, {"worker", rank.worker}, {"pid", rank.pid}});
  }
  const bool failed = attempt.failure != protocol::Failure::kNone;
  return {{"job", attempt.id.task.job.value},
          {"task", attempt.id.task.task},
          {"attempt", attempt.id.attempt.value},
          {"state", protocol::state_name(attempt.state)},
          {"failure", failed ? Json(protocol::failure_name(attempt.failure)) : Json(nullptr)},
          {"message", attempt.message},
          {"ranks", std::move(ranks)},
          {"started", time_or_null(attempt.started)},
          {"ended", time_or_null(attempt.ended)}};
}

Json to_json(const protocol::WorkerInfo& worker) {
  return {{"worker", worker.worker},
          {"pid", worker.pid},
          {"state", worker.state},
          {"slots", worker.slots},
          {"free", worker.free},
          {"gpus", worker.gpus},
          {"memory_bytes", worker.memory_bytes},
          {"host", worker.host}};
}

Json to_json(const protocol::ArtifactInfo& artifact) {
  return {{"digest", artifact.digest},
          {"kind", artifact.kind},
          {"path", artifact.path},
          {"job", artifact.made_by.task.job.value},
          {"task", artifact.made_by.task.task},
          {"attempt", artifact.made_by.attempt.value},
          {"step", artifact.step},
          {"inputs", artifact.inputs},
          {"made", time_or_null(artifact.made)}};
}

Json to_json(const protocol::EventInfo& event) {
  return {{"position", event.position},
          {"at", iso8601(event.at)},
          {"job", event.job.value},
          {"task", event.task},
          {"text", event.text}};
}

Json to_json(const protocol::WaitReason& reason) {
  return {{"task", reason.task}, {"reason", reason.reason}, {"change", reason.change}};
}

void print_record(Output output, const Json& record) {
  std::string text;
  if (output == Output::kYaml) {
    write_yaml(text, record, 0);
  } else {
    text = record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  std::fputs(text.c_str(), stdout);
}

}  // namespace orch::orchctl
