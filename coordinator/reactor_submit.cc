#include "base/limits.h"
#include "coordinator/inputs.h"
#include "coordinator/step.h"

namespace orch::coordinator {
namespace {

protocol::SubmitReply answer(JobId job, const JobPlan& plan, bool repeated) {
  protocol::SubmitReply reply;
  reply.job = job;
  reply.repeated = repeated;
  for (const TaskPlan& task : plan.tasks) reply.tasks.push_back(task.name);
  return reply;
}

/// Nothing, or why no job can be taken now.
Result<void> check_limits(const Step& step) {
  if (step.live.free_disk_bytes < limits::kFreeDiskBytesMin) {
    return unavailable("less than " + std::to_string(limits::kFreeDiskBytesMin >> 20) +
                           " MiB of disk are free: no new jobs are taken",
                       "free some space below the coordinator's home");
  }
  if (step.state.open_jobs >= limits::kWaitingJobsMax ||
      step.state.jobs.size() >= limits::kJobsMax) {
    return unavailable("the queue is full: " + std::to_string(step.state.open_jobs) +
                       " jobs are not finished");
  }
  return {};
}

}  // namespace

void on_submit(Step& step, const ClientKey& client, const protocol::Submit& request) {
  if (request.request_id.size() > limits::kNameBytesMax) {
    return step.refuse(client, invalid("the request id is longer than " +
                                       std::to_string(limits::kNameBytesMax) + " bytes"));
  }
  const auto known = step.state.requests.find(request.request_id);
  if (!request.request_id.empty() && known != step.state.requests.end()) {
    const JobState& job = *find_job(step.state, known->second);
    if (job.spec == request.spec && job.set == request.set) {
      return step.reply(client, answer(job.id, job.plan, true));
    }
    return step.refuse(client, conflict("request id " + request.request_id + " belongs to job " +
                                            std::to_string(job.id.value) +
                                            ", which has another spec or other --set values",
                                        "choose a new --request-id"));
  }
  auto plan = make_plan(request);
  if (!plan.ok()) return step.refuse(client, plan.error());
  if (auto found = check_references(step.state, *plan); !found.ok()) {
    return step.refuse(client, found.error());
  }
  if (request.dry_run) return step.reply(client, answer(JobId{}, *plan, false));
  if (auto room = check_limits(step); !room.ok()) return step.refuse(client, room.error());
  JobSubmitted fact;
  fact.job = JobId{step.state.last_job.value + 1};
  fact.request_id = request.request_id;
  fact.spec = request.spec;
  fact.file = request.file;
  fact.set = request.set;
  fact.plan = *plan;
  const JobId job = fact.job;
  step.record(std::move(fact));
  step.reply(client, answer(job, *plan, false));
  step.live.reschedule = true;
}

}  // namespace orch::coordinator
