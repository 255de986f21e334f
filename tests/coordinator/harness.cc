#include "tests/coordinator/harness.h"

#include "base/check.h"

namespace orch::coordinator {
namespace {

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};

std::string text(const Record& record) {
  return std::visit(
      Overload{
          [](const ClusterCreated&) { return std::string("ClusterCreated"); },
          [](const CoordinatorStarted&) { return std::string("CoordinatorStarted"); },
          [](const JobSubmitted& r) { return "JobSubmitted " + std::to_string(r.job.value); },
          [](const WorkerRegistered& r) { return "WorkerRegistered " + r.worker; },
          [](const WorkerSilent& r) { return "WorkerSilent " + r.worker; },
          [](const AttemptStarted& r) { return "AttemptStarted " + r.id.text(); },
          [](const RankRuns& r) {
            return "RankRuns " + r.id.text() + " " + std::to_string(r.rank);
          },
          [](const RankGone& r) {
            return "RankGone " + r.id.text() + " " + std::to_string(r.rank) + " " +
                   protocol::failure_name(r.failure);
          },
          [](const AttemptStopping& r) { return "AttemptStopping " + r.id.text(); },
          [](const AttemptEnded& r) {
            return "AttemptEnded " + r.id.text() + " " + protocol::state_name(r.state) + ", task " +
                   protocol::state_name(r.task_state);
          },
          [](const WorkerReleased& r) { return "WorkerReleased " + r.id.text() + " " + r.worker; },
          [](const CommitAccepted& r) { return "CommitAccepted " + r.id.text() + " " + r.kind; },
          [](const TaskChanged& r) {
            return "TaskChanged " + r.task.text() + " " + protocol::state_name(r.state) +
                   (r.hold ? ", held" : "");
          },
      },
      record);
}

std::string names(const std::vector<AttemptId>& ids) {
  std::string out;
  for (const AttemptId& id : ids) out += " disowns " + id.text();
  return out;
}

std::string text(const protocol::CoordinatorMessage& message) {
  return std::visit(
      Overload{
          [](const protocol::RegisterReply& m) { return "RegisterReply" + names(m.disowned); },
          [](const protocol::HeartbeatReply& m) {
            return std::string("HeartbeatReply") + (m.register_again ? " again" : "") +
                   names(m.disowned);
          },
          [](const protocol::StartRanks& m) {
            return "StartRanks " + m.id.text() + " x" + std::to_string(m.ranks.size());
          },
          [](const protocol::StopAttempt& m) {
            const char* reasons[] = {"cancel", "pause", "gang failed", "timeout", "disowned"};
            return "StopAttempt " + m.id.text() + " " + reasons[static_cast<int>(m.reason)];
          },
          [](const protocol::CommitReply& m) {
            return "CommitReply " + m.id.text() + (m.accepted ? " accepted" : " refused");
          },
          [](const protocol::RankEndedAck& m) { return "RankEndedAck " + m.id.text(); },
          [](const protocol::ReleasedAck& m) { return "ReleasedAck " + m.id.text(); },
          [](const protocol::SealAttempt& m) { return "SealAttempt " + m.id.text(); },
          [](const protocol::ErrorReply& m) {
            return std::string("ErrorReply ") + code_name(m.error.code);
          },
          [](const auto&) { return std::string("another message"); },
      },
      message);
}

std::string text(const protocol::ClientReply& reply) {
  return std::visit(Overload{
                        [](const protocol::SubmitReply& r) {
                          return "SubmitReply " + std::to_string(r.job.value) +
                                 (r.repeated ? " repeated" : "");
                        },
                        [](const protocol::ControlReply& r) { return "ControlReply " + r.text; },
                        [](const protocol::ErrorReply& r) {
                          return std::string("ErrorReply ") + code_name(r.error.code);
                        },
                        [](const protocol::ListReply&) { return std::string("ListReply"); },
                        [](const protocol::ExplainReply&) { return std::string("ExplainReply"); },
                        [](const auto&) { return std::string("another reply"); },
                    },
                    reply);
}

}  // namespace

Lines lines(const Effects& effects) {
  Lines out;
  for (const Record& record : effects.records) out.push_back("record " + text(record));
  for (const ToWorker& sent : effects.to_workers) {
    out.push_back((sent.worker.empty() ? sent.peer : sent.worker) + ": " + text(sent.message));
  }
  for (const ToClient& sent : effects.to_clients) out.push_back("client: " + text(sent.reply));
  return out;
}

Harness::Harness() { send(Started{"test", 7, "secret"}); }

Effects Harness::send(decltype(Event::what) what) {
  const WallTime wall{now.time_since_epoch().count() / 1000};
  return step(config, state, Event{wall, std::move(what)}, now);
}

Effects Harness::client(protocol::ClientRequest request) {
  return send(FromClient{{"client", ++requests}, std::move(request)});
}

Effects Harness::worker(const std::string& name, protocol::WorkerMessage message) {
  return send(FromWorker{"peer-of-" + name, std::move(message)});
}

Effects Harness::tick(Duration passed, const std::vector<std::string>& alive) {
  now += passed;
  for (const std::string& name : alive) state.live.sessions.at(name).last_heard = now;
  return send(Tick{});
}

Effects Harness::add_worker(const std::string& name, int slots, std::uint64_t incarnation,
                            std::vector<protocol::HeldAttempt> held) {
  protocol::Register message;
  message.worker = name;
  message.host = "host";
  message.pid = 1000;
  message.incarnation = incarnation;
  message.slots = slots;
  message.memory_bytes = std::uint64_t{8} << 30;
  message.held = std::move(held);
  return worker(name, message);
}

JobId Harness::submit(const std::string& tasks, const std::string& head) {
  protocol::Submit request;
  request.spec = "version: 1\nname: job\n" + head + "tasks:\n" + tasks;
  const Effects effects = client(request);
  const auto* reply = std::get_if<protocol::SubmitReply>(&effects.to_clients.at(0).reply);
  const auto* error = std::get_if<protocol::ErrorReply>(&effects.to_clients.at(0).reply);
  ORCH_CHECK(reply, "%s", error ? error->error.message.c_str() : "?");
  return reply->job;
}

Effects Harness::rank_ended(const std::string& name, const AttemptId& id, int rank,
                            protocol::Failure failure) {
  protocol::RankEnded message;
  message.id = id;
  message.rank = rank;
  message.failure = failure;
  return worker(name, message);
}

Effects Harness::released(const std::string& name, const AttemptId& id) {
  return worker(name, protocol::AttemptReleased{id});
}

Effects Harness::commit(const std::string& name, const AttemptId& id, const std::string& kind,
                        const std::string& digest, std::int64_t step) {
  protocol::CommitRequest message;
  message.id = id;
  message.kind = kind;
  message.artifact_kind = "checkpoint";
  message.path = "/home/" + digest;
  message.digest = digest;
  message.step = step;
  message.steps = 100;
  message.ledger_hash = "hash" + std::to_string(step);
  return worker(name, message);
}

void Harness::finish(const std::string& name, const AttemptId& id) {
  rank_ended(name, id, 0);
  commit(name, id, "result", "out-of-" + id.text());
  released(name, id);
}

const TaskState& Harness::task(const std::string& name, std::uint64_t job_number) const {
  return *find_task(state, {JobId{job_number}, name});
}

const AttemptState& Harness::attempt(const std::string& name, std::uint64_t number,
                                     std::uint64_t job_number) const {
  return *find_attempt(state, id_of(name, number, job_number));
}

protocol::State Harness::job(std::uint64_t number) const {
  return find_job(state, JobId{number})->state;
}

AttemptId id_of(const std::string& task, std::uint64_t attempt, std::uint64_t job) {
  return {{JobId{job}, task}, Attempt{attempt}};
}

}  // namespace orch::coordinator
