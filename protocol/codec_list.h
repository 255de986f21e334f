#pragma once
// The rows of lists (JobInfo, TaskInfo, …) ↔ client.capnp. Include after client.capnp.h: builders
// and readers come from there. Internal to protocol/.

#include "protocol/codec_border.h"

namespace orch::protocol {

template <typename Builder>
void put_job(Builder b, const JobInfo& v) {
  b.setJob(v.job.value);
  b.setName(clean_text(v.name));
  b.setQueue(clean_text(v.queue));
  b.setPriority(v.priority);
  b.setState(static_cast<decltype(b.getState())>(v.state));
  b.setSubmitted(v.submitted.microseconds);
  b.setStarted(v.started.microseconds);
  b.setEnded(v.ended.microseconds);
  b.setTasksTotal(v.tasks_total);
  b.setTasksDone(v.tasks_done);
  b.setReason(clean_text(v.reason));
}
template <typename Reader>
JobInfo take_job(Border& c, Reader r) {
  JobInfo v;
  v.job = JobId{c.id("job", r.getJob())};
  v.name = c.name("name", r.getName());
  v.queue = c.label("queue", r.getQueue());
  v.priority = r.getPriority();
  v.state = c.one_of("state", r.getState(), State::kLost);
  v.submitted = {r.getSubmitted()};
  v.started = {r.getStarted()};
  v.ended = {r.getEnded()};
  v.tasks_total = c.count("tasks_total", r.getTasksTotal());
  v.tasks_done = c.count("tasks_done", r.getTasksDone());
  v.reason = c.text("reason", r.getReason());
  return v;
}
template <typename Builder>
void put_task_info(Builder b, const TaskInfo& v) {
  put_task(b.initTask(), v.task);
  b.setKind(clean_text(v.kind));
  b.setState(static_cast<decltype(b.getState())>(v.state));
  b.setAttempt(v.attempt);
  b.setRestarts(v.restarts);
  b.setArtifact(clean_text(v.artifact));
  b.setArtifactPath(clean_text(v.artifact_path));
  b.setLedgerHash(clean_text(v.ledger_hash));
  b.setStep(v.step);
  b.setSteps(v.steps);
  b.setReason(clean_text(v.reason));
}
template <typename Reader>
TaskInfo take_task_info(Border& c, Reader r) {
  TaskInfo v;
  v.task = take_task(c, r.getTask());
  v.kind = c.label("kind", r.getKind());
  v.state = c.one_of("state", r.getState(), State::kLost);
  v.attempt = r.getAttempt();
  v.restarts = c.count("restarts", r.getRestarts());
  v.artifact = c.label("artifact", r.getArtifact());
  v.artifact_path = c.path("artifact_path", r.getArtifactPath());
  v.ledger_hash = c.label("ledger_hash", r.getLedgerHash());
  v.step = c.step("step", r.getStep());
  v.steps = c.step("steps", r.getSteps());
  v.reason = c.text("reason", r.getReason());
  return v;
}
template <typename Builder>
void put_attempt_info(Builder b, const AttemptInfo& v) {
  put_attempt(b.initId(), v.id);
  b.setState(static_cast<decltype(b.getState())>(v.state));
  b.setFailure(static_cast<decltype(b.getFailure())>(v.failure));
  b.setMessage(clean_text(v.message));
  put_list(b.initRanks(v.ranks.size()), v.ranks, [](auto out, const RankInfo& rank) {
    out.setRank(rank.rank);
    out.setWorker(clean_text(rank.worker));
    out.setPid(rank.pid);
  });
  b.setStarted(v.started.microseconds);
  b.setEnded(v.ended.microseconds);
}
template <typename Reader>
AttemptInfo take_attempt_info(Border& c, Reader r) {
  AttemptInfo v;
  v.id = take_attempt(c, r.getId());
  v.state = c.one_of("state", r.getState(), State::kLost);
  v.failure = c.one_of("failure", r.getFailure(), Failure::kStart);
  v.message = c.text("message", r.getMessage());
  v.ranks = take_list(c, "ranks", r.getRanks(), limits::kRanksPerTaskMax, [&](auto item) {
    return RankInfo{c.rank("rank", item.getRank()), c.label("worker", item.getWorker()),
                    item.getPid()};
  });
  v.started = {r.getStarted()};
  v.ended = {r.getEnded()};
  return v;
}
template <typename Builder>
void put_worker_info(Builder b, const WorkerInfo& v) {
  b.setWorker(clean_text(v.worker));
  b.setPid(v.pid);
  b.setState(clean_text(v.state));
  b.setSlots(v.slots);
  b.setFree(v.free);
  b.setGpus(v.gpus);
  b.setMemoryBytes(v.memory_bytes);
  b.setHost(clean_text(v.host));
}
template <typename Reader>
WorkerInfo take_worker_info(Border& c, Reader r) {
  WorkerInfo v;
  v.worker = c.name("worker", r.getWorker());
  v.pid = r.getPid();
  v.state = c.label("state", r.getState());
  v.slots = c.count("slots", r.getSlots());
  v.free = c.count("free", r.getFree());
  v.gpus = c.count("gpus", r.getGpus());
  v.memory_bytes = r.getMemoryBytes();
  v.host = c.path("host", r.getHost());
  return v;
}
template <typename Builder>
void put_artifact(Builder b, const ArtifactInfo& v) {
  b.setDigest(clean_text(v.digest));
  b.setKind(clean_text(v.kind));
  b.setPath(clean_text(v.path));
  put_attempt(b.initMadeBy(), v.made_by);
  b.setStep(v.step);
  put_texts(b.initInputs(v.inputs.size()), v.inputs);
  b.setMade(v.made.microseconds);
}
template <typename Reader>
ArtifactInfo take_artifact(Border& c, Reader r) {
  ArtifactInfo v;
  v.digest = c.label("digest", r.getDigest());
  v.kind = c.label("kind", r.getKind());
  v.path = c.path("path", r.getPath());
  // Job 0: imported, made by no attempt.
  if (r.getMadeBy().getTask().getJob() != 0) v.made_by = take_attempt(c, r.getMadeBy());
  v.step = c.step("step", r.getStep());
  v.inputs = take_texts(c, "inputs", r.getInputs(), limits::kListItemsMax);
  v.made = {r.getMade()};
  return v;
}
template <typename Builder>
void put_event(Builder b, const EventInfo& v) {
  b.setPosition(v.position);
  b.setAt(v.at.microseconds);
  b.setJob(v.job.value);
  b.setTask(clean_text(v.task));
  b.setText(clean_text(v.text));
}
template <typename Reader>
EventInfo take_event(Border& c, Reader r) {
  EventInfo v;
  v.position = r.getPosition();
  v.at = {r.getAt()};
  v.job = JobId{r.getJob()};
  v.task = c.label("task", r.getTask());
  v.text = c.text("text", r.getText());
  return v;
}

template <typename Builder>
void put_list_reply(Builder b, const ListReply& v) {
  put_list(b.initJobs(v.jobs.size()), v.jobs, [](auto o, const auto& i) { put_job(o, i); });
  put_list(b.initTasks(v.tasks.size()), v.tasks,
           [](auto o, const auto& i) { put_task_info(o, i); });
  put_list(b.initAttempts(v.attempts.size()), v.attempts,
           [](auto o, const auto& i) { put_attempt_info(o, i); });
  put_list(b.initWorkers(v.workers.size()), v.workers,
           [](auto o, const auto& i) { put_worker_info(o, i); });
  put_list(b.initArtifacts(v.artifacts.size()), v.artifacts,
           [](auto o, const auto& i) { put_artifact(o, i); });
  put_list(b.initEvents(v.events.size()), v.events, [](auto o, const auto& i) { put_event(o, i); });
  b.setSpec({raw(v.spec), v.spec.size()});
  put_pairs(b.initSet(v.set.size()), v.set);
}
template <typename Reader>
ListReply take_list_reply(Border& c, Reader r) {
  constexpr std::size_t max = limits::kListItemsMax;
  ListReply v;
  v.jobs = take_list(c, "jobs", r.getJobs(), max, [&](auto i) { return take_job(c, i); });
  v.tasks = take_list(c, "tasks", r.getTasks(), max, [&](auto i) { return take_task_info(c, i); });
  v.attempts = take_list(c, "attempts", r.getAttempts(), max,
                         [&](auto i) { return take_attempt_info(c, i); });
  v.workers =
      take_list(c, "workers", r.getWorkers(), max, [&](auto i) { return take_worker_info(c, i); });
  v.artifacts =
      take_list(c, "artifacts", r.getArtifacts(), max, [&](auto i) { return take_artifact(c, i); });
  v.events = take_list(c, "events", r.getEvents(), max, [&](auto i) { return take_event(c, i); });
  v.spec = c.bytes("spec", r.getSpec(), limits::kTextBytesMax);
  v.set = take_pairs(c, "set", r.getSet(), limits::kLabelsMax);
  return v;
}

}  // namespace orch::protocol
