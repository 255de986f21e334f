#pragma once
// The numbered fields of every record and of the snapshot's structs. Numbers are for ever: never
// reuse or renumber one; add at the end. Included by record_codec.cc and snapshot.cc only.

#include "coordinator/archive.h"
#include "coordinator/record.h"

namespace orch::coordinator {

template <>
inline constexpr std::uint64_t kEnumMax<protocol::State> =
    static_cast<std::uint64_t>(protocol::State::kLost);
template <>
inline constexpr std::uint64_t kEnumMax<protocol::Failure> =
    static_cast<std::uint64_t>(protocol::Failure::kStart);
template <>
inline constexpr std::uint64_t kEnumMax<protocol::StopReason> =
    static_cast<std::uint64_t>(protocol::StopReason::kDisowned);
template <>
inline constexpr std::uint64_t kEnumMax<protocol::Reference::Kind> =
    static_cast<std::uint64_t>(protocol::Reference::Kind::kPath);

// ---- shared parts

template <class A>
void fields(A& a, Like<TaskId> auto& v) {
  a(1, v.job), a(2, v.task);
}
template <class A>
void fields(A& a, Like<AttemptId> auto& v) {
  a(1, v.task), a(2, v.attempt);
}
template <class A>
void fields(A& a, Like<protocol::Reference> auto& v) {
  a(1, v.kind), a(2, v.text), a(3, v.task), a(4, v.output);
}
template <class A>
void fields(A& a, Like<TaskPlan> auto& v) {
  a(1, v.name), a(2, v.kind), a(3, v.needs), a(4, v.references);
  a(5, v.ranks.min), a(6, v.ranks.max);
  a(7, v.resources.cpu), a(8, v.resources.gpu), a(9, v.resources.memory_bytes);
  a(10, v.retry.limit), a(11, v.retry.on_infrastructure), a(12, v.retry.on_exit);
  a(13, v.timeout), a(14, v.grace);
}
template <class A>
void fields(A& a, Like<JobPlan> auto& v) {
  a(1, v.name), a(2, v.queue), a(3, v.priority), a(4, v.tasks);
}
template <class A>
void fields(A& a, Like<Placement> auto& v) {
  a(1, v.worker), a(2, v.gpus);
}
template <class A>
void fields(A& a, Like<CommitState> auto& v) {
  a(1, v.kind), a(2, v.path), a(3, v.digest), a(4, v.ledger_hash), a(5, v.step), a(6, v.made_by);
}

// ---- records

template <class A>
void fields(A& a, Like<ClusterCreated> auto& v) {
  a(1, v.secret), a(2, v.at);
}
template <class A>
void fields(A& a, Like<CoordinatorStarted> auto& v) {
  a(1, v.build), a(2, v.pid), a(3, v.at);
}
template <class A>
void fields(A& a, Like<JobSubmitted> auto& v) {
  a(1, v.job), a(2, v.request_id), a(3, v.spec), a(4, v.file), a(5, v.set), a(6, v.plan);
  a(7, v.at);
}
template <class A>
void fields(A& a, Like<WorkerRegistered> auto& v) {
  a(1, v.worker), a(2, v.host), a(3, v.pid), a(4, v.incarnation), a(5, v.slots), a(6, v.gpus);
  a(7, v.memory_bytes), a(8, v.at);
}
template <class A>
void fields(A& a, Like<WorkerSilent> auto& v) {
  a(1, v.worker), a(2, v.at);
}
template <class A>
void fields(A& a, Like<AttemptStarted> auto& v) {
  a(1, v.id), a(2, v.ranks), a(3, v.master_address), a(4, v.master_port), a(5, v.inputs);
  a(6, v.input_digests), a(7, v.resume), a(8, v.at);
}
template <class A>
void fields(A& a, Like<RankRuns> auto& v) {
  a(1, v.id), a(2, v.rank), a(3, v.pid), a(4, v.at);
}
template <class A>
void fields(A& a, Like<RankGone> auto& v) {
  a(1, v.id), a(2, v.rank), a(3, v.failure), a(4, v.status), a(5, v.message), a(6, v.at);
}
template <class A>
void fields(A& a, Like<AttemptStopping> auto& v) {
  a(1, v.id), a(2, v.reason), a(3, v.at);
}
template <class A>
void fields(A& a, Like<AttemptEnded> auto& v) {
  a(1, v.id), a(2, v.state), a(3, v.failure), a(4, v.message), a(5, v.task_state), a(6, v.reason);
  a(7, v.suspect), a(8, v.restart), a(9, v.at);
}
template <class A>
void fields(A& a, Like<WorkerReleased> auto& v) {
  a(1, v.id), a(2, v.worker), a(3, v.at);
}
template <class A>
void fields(A& a, Like<CommitAccepted> auto& v) {
  a(1, v.id), a(2, v.kind), a(3, v.commit), a(4, v.steps), a(5, v.at);
}
template <class A>
void fields(A& a, Like<TaskChanged> auto& v) {
  a(1, v.task), a(2, v.state), a(3, v.hold), a(4, v.fresh_budget), a(5, v.reason), a(6, v.at);
}

// ---- snapshot

template <class A>
void fields(A& a, Like<protocol::EventInfo> auto& v) {
  a(1, v.position), a(2, v.at), a(3, v.job), a(4, v.task), a(5, v.text);
}
template <class A>
void fields(A& a, Like<protocol::ArtifactInfo> auto& v) {
  a(1, v.digest), a(2, v.kind), a(3, v.path), a(4, v.made_by), a(5, v.step), a(6, v.inputs);
  a(7, v.made);
}
template <class A>
void fields(A& a, Like<RankState> auto& v) {
  a(1, v.place), a(2, v.pid), a(3, v.started), a(4, v.ended), a(5, v.failure), a(6, v.status);
  a(7, v.message);
}
template <class A>
void fields(A& a, Like<AttemptState> auto& v) {
  a(1, v.number), a(2, v.state), a(3, v.failure), a(4, v.message), a(5, v.ranks), a(6, v.holding);
  a(7, v.stopping), a(8, v.stop_reason), a(9, v.master_address), a(10, v.master_port);
  a(11, v.inputs), a(12, v.input_digests), a(13, v.resume), a(14, v.result), a(15, v.started);
  a(16, v.ended), a(17, v.step);
}
template <class A>
void fields(A& a, Like<TaskState> auto& v) {
  a(1, v.state), a(2, v.hold), a(3, v.attempts), a(4, v.restarts), a(5, v.suspect);
  a(6, v.artifact), a(7, v.artifact_path), a(8, v.checkpoint), a(9, v.ledger_hash), a(10, v.step);
  a(11, v.steps), a(12, v.reason);
}
template <class A>
void fields(A& a, Like<JobState> auto& v) {
  a(1, v.id), a(2, v.plan), a(3, v.request_id), a(4, v.spec), a(5, v.file), a(6, v.set);
  a(7, v.state), a(8, v.submitted), a(9, v.started), a(10, v.ended), a(11, v.tasks);
  a(12, v.history);
}
template <class A>
void fields(A& a, Like<WorkerState> auto& v) {
  a(1, v.worker), a(2, v.host), a(3, v.pid), a(4, v.incarnation), a(5, v.slots), a(6, v.gpus);
  a(7, v.memory_bytes);
}
template <class A>
void fields(A& a, Like<State> auto& v) {
  a(1, v.position), a(2, v.secret), a(3, v.last_job), a(4, v.jobs), a(5, v.workers);
  a(6, v.artifacts), a(7, v.history);
}

}  // namespace orch::coordinator
