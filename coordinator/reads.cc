#include "coordinator/reads.h"

#include "coordinator/names.h"

namespace orch::coordinator {
namespace {

/// The log of this rank will not grow: closed, or nobody is there to send more of it.
bool is_complete(const State& state, const AttemptState& attempt, const std::string& task,
                 std::size_t rank, const storage::LogPage& page) {
  if (!attempt.over()) return false;
  if (!is_ready(state, attempt.ranks[rank].place.worker)) return true;
  // A rank that never began has no log.
  if (!attempt.ranks[rank].started) return true;
  for (const storage::LogEnd& log : page.logs) {
    if (log.task == task && log.attempt == attempt.number && log.rank == static_cast<int>(rank)) {
      return log.closed;
    }
  }
  return false;
}

bool is_task_complete(const State& state, const JobState& job, std::size_t index,
                      const storage::LogQuery& query, const storage::LogPage& page) {
  const TaskState& task = job.tasks[index];
  if (!query.attempt && !is_final(task.state)) return false;
  for (const AttemptState& attempt : task.attempts) {
    if (query.attempt && query.attempt != attempt.number) continue;
    for (std::size_t rank = 0; rank < attempt.ranks.size(); ++rank) {
      if (query.rank && *query.rank != static_cast<int>(rank)) continue;
      if (!is_complete(state, attempt, job.plan.tasks[index].name, rank, page)) return false;
    }
  }
  return true;
}

}  // namespace

Result<storage::LogQuery> log_query(const State& state, const protocol::ReadLogs& request) {
  ORCH_ASSIGN(const Named named, resolve_name(state, request.name));
  storage::LogQuery query;
  query.job = named.job;
  query.task = named.task;
  query.rank = named.rank;
  query.attempt = Attempt{request.attempt};
  query.cursor = request.cursor;
  return query;
}

protocol::ReadLogsReply log_reply(const State& state, const storage::LogQuery& query,
                                  storage::LogPage page) {
  protocol::ReadLogsReply reply;
  reply.end = page.exhausted;
  const JobState& job = *find_job(state, query.job);
  for (std::size_t i = 0; i < job.tasks.size() && reply.end; ++i) {
    if (!query.task.empty() && job.plan.tasks[i].name != query.task) continue;
    reply.end = is_task_complete(state, job, i, query, page);
  }
  reply.chunks = std::move(page.chunks);
  reply.cursor = std::move(page.cursor);
  return reply;
}

Result<TaskId> metrics_task(const State& state, const std::string& name) {
  ORCH_ASSIGN(const Named named, resolve_name(state, name));
  const JobState& job = *find_job(state, named.job);
  if (!named.task.empty()) return TaskId{named.job, named.task};
  if (job.tasks.size() == 1) return task_id(job, 0);
  return invalid("metrics belong to a task: " + name + " has several",
                 "orchctl metrics " + name + "/" + job.plan.tasks.front().name);
}

}  // namespace orch::coordinator
