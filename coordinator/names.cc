#include "coordinator/names.h"

#include <algorithm>
#include <charconv>

#include "protocol/error_text.h"

namespace orch::coordinator {
namespace {

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<JobId> resolve_job(const State& state, const std::string& text) {
  if (const auto id = number(text)) {
    if (state.jobs.count(JobId{*id}) != 0) return JobId{*id};
    return not_found("no job " + text, "orchctl get jobs");
  }
  const auto found = state.names.find(text);
  if (found != state.names.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [name, id] : state.names) names.push_back(name);
  const auto near = protocol::nearest_name(text, names);
  return not_found("no job " + text + (near ? ", did you mean " + *near + "?" : ""),
                   "orchctl get jobs");
}

}  // namespace

Result<Named> resolve_name(const State& state, const std::string& name) {
  const auto first = name.find('/');
  const auto second = first == std::string::npos ? first : name.find('/', first + 1);
  Named out;
  ORCH_ASSIGN(out.job, resolve_job(state, name.substr(0, first)));
  if (first == std::string::npos) return out;
  out.task = name.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  const JobState& job = *find_job(state, out.job);
  if (job.find(out.task) < 0) {
    std::vector<std::string> names;
    for (const TaskPlan& task : job.plan.tasks) names.push_back(task.name);
    const auto near = protocol::nearest_name(out.task, names);
    const std::string number_text = std::to_string(out.job.value);
    return not_found("job " + number_text + " has no task " + out.task +
                         (near ? ", did you mean " + *near + "?" : ""),
                     "orchctl get tasks " + number_text);
  }
  if (second == std::string::npos) return out;
  const auto rank = number(name.substr(second + 1));
  if (!rank || *rank > 1'000'000) return invalid("not a rank: " + name.substr(second + 1));
  out.rank = static_cast<int>(*rank);
  return out;
}

}  // namespace orch::coordinator
