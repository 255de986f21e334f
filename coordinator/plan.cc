#include "coordinator/plan.h"

#include <set>

#include "protocol/spec_parse.h"

namespace orch::coordinator {
namespace {

TaskPlan task_plan(const protocol::TaskSpec& task) {
  TaskPlan plan;
  plan.name = task.name;
  plan.kind = protocol::task_kind_name(task.kind());
  plan.needs = task.needs;
  plan.ranks = task.ranks;
  plan.resources = task.resources;
  plan.retry = task.retry;
  plan.timeout = task.timeout;
  plan.grace = task.grace;
  std::set<std::string> seen;
  for (const auto& [where, reference] : protocol::references_of(task)) {
    if (seen.insert(reference.text).second) plan.references.push_back(reference);
  }
  return plan;
}

}  // namespace

Result<JobPlan> make_plan(const protocol::Submit& submit) {
  const auto parsed =
      protocol::parse_spec(submit.spec, submit.file.empty() ? "spec" : submit.file, submit.set);
  if (!parsed.ok()) return parsed.error();
  JobPlan plan;
  plan.name = parsed.spec->name;
  plan.queue = parsed.spec->queue;
  plan.priority = parsed.spec->priority;
  for (const auto& task : parsed.spec->tasks) plan.tasks.push_back(task_plan(task));
  return plan;
}

}  // namespace orch::coordinator
