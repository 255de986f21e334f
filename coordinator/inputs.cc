#include "coordinator/inputs.h"

#include <set>

#include "base/file.h"

namespace orch::coordinator {
namespace {

using Kind = protocol::Reference::Kind;

/// "name:tag" for what was imported under a name; "JOB/TASK" makes nothing here.
const protocol::ArtifactInfo* find_referenced(const State& state,
                                              const protocol::Reference& reference) {
  return reference.kind == Kind::kDigest ? find_artifact(state, reference.text) : nullptr;
}

std::string folder_of(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash);
}

}  // namespace

const protocol::ArtifactInfo* find_artifact(const State& state, const std::string& prefix) {
  const std::string digits = prefix.rfind("sha:", 0) == 0 ? prefix.substr(4) : prefix;
  if (digits.empty()) return nullptr;
  const auto found = state.artifacts.lower_bound(digits);
  if (found == state.artifacts.end() || found->first.rfind(digits, 0) != 0) return nullptr;
  const auto next = std::next(found);
  const bool several = next != state.artifacts.end() && next->first.rfind(digits, 0) == 0;
  return several && found->first != digits ? nullptr : &found->second;
}

ResolvedInputs resolve_inputs(const State& state, const JobState& job, int index) {
  ResolvedInputs out;
  std::set<std::string> digests;
  const TaskPlan& plan = job.plan.tasks[static_cast<std::size_t>(index)];
  for (const protocol::Reference& reference : plan.references) {
    if (reference.kind == Kind::kTask) {
      const int need = job.find(reference.task);
      ORCH_CHECK(need >= 0, "a reference to nothing passed: %s", reference.text.c_str());
      const TaskState& task = job.tasks[static_cast<std::size_t>(need)];
      ORCH_CHECK(task.state == protocol::State::kSucceeded, "%s is not there yet",
                 reference.text.c_str());
      out.paths[reference.text] = reference.output.empty()
                                      ? task.artifact_path
                                      : task.artifact_path + "/" + reference.output;
      digests.insert(task.artifact);
    } else if (reference.kind == Kind::kPath) {
      out.paths[reference.text] = join_path(folder_of(job.file), reference.text);
    } else if (const auto* artifact = find_referenced(state, reference)) {
      out.paths[reference.text] = artifact->path;
      digests.insert(artifact->digest);
    }
  }
  out.digests.assign(digests.begin(), digests.end());
  return out;
}

Result<void> check_references(const State& state, const JobPlan& plan) {
  for (const TaskPlan& task : plan.tasks) {
    for (const protocol::Reference& reference : task.references) {
      if (reference.kind == Kind::kTask || reference.kind == Kind::kPath) continue;
      if (find_referenced(state, reference)) continue;
      return not_found("no artifact " + reference.text + ", task " + task.name,
                       "orchctl get artifacts");
    }
  }
  return {};
}

}  // namespace orch::coordinator
