// Worker ↔ coordinator: worker.capnp.

#include <capnp/message.h>

#include "protocol/codec.h"
#include "protocol/codec_border.h"
#include "protocol/worker.capnp.h"

namespace orch::protocol {
namespace {

void put_held(capnp::List<wire::HeldAttempt>::Builder list, const std::vector<HeldAttempt>& held) {
  put_list(list, held, [](wire::HeldAttempt::Builder out, const HeldAttempt& item) {
    put_attempt(out.initId(), item.id);
    put_numbers(out.initRanks(item.ranks.size()), item.ranks);
  });
}
std::vector<HeldAttempt> take_held(Border& c, capnp::List<wire::HeldAttempt>::Reader list) {
  return take_list(c, "held", list, limits::kListItemsMax, [&](auto item) {
    return HeldAttempt{take_attempt(c, item.getId()),
                       take_numbers(c, "ranks", item.getRanks(), limits::kRanksPerTaskMax - 1)};
  });
}
template <typename List>
void put_attempts(List list, const std::vector<AttemptId>& ids) {
  put_list(list, ids, [](auto out, const AttemptId& id) { put_attempt(out, id); });
}
template <typename List>
std::vector<AttemptId> take_attempts(Border& c, List list) {
  return take_list(c, "disowned", list, limits::kListItemsMax,
                   [&](auto item) { return take_attempt(c, item); });
}

void put(wire::WorkerMessage::Builder m, const Register& v) {
  auto b = m.initRegister();
  b.setVersion(v.version);
  b.setWorker(clean_text(v.worker));
  b.setHost(clean_text(v.host));
  b.setPid(v.pid);
  b.setIncarnation(v.incarnation);
  b.setSlots(v.slots);
  put_texts(b.initGpus(v.gpus.size()), v.gpus);
  b.setMemoryBytes(v.memory_bytes);
  put_held(b.initHeld(v.held.size()), v.held);
}
void put(wire::WorkerMessage::Builder m, const Heartbeat& v) {
  auto b = m.initHeartbeat();
  b.setWorker(clean_text(v.worker));
  b.setIncarnation(v.incarnation);
  b.setSequence(v.sequence);
  put_held(b.initHeld(v.held.size()), v.held);
}
void put(wire::WorkerMessage::Builder m, const RankStarted& v) {
  auto b = m.initRankStarted();
  put_attempt(b.initId(), v.id);
  b.setRank(v.rank);
  b.setPid(v.pid);
}
void put(wire::WorkerMessage::Builder m, const RankEnded& v) {
  auto b = m.initRankEnded();
  put_attempt(b.initId(), v.id);
  b.setRank(v.rank);
  b.setFailure(static_cast<wire::Failure>(v.failure));
  b.setStatus(v.status);
  b.setMessage(clean_text(v.message));
}
void put(wire::WorkerMessage::Builder m, const CommitRequest& v) {
  auto b = m.initCommitRequest();
  put_attempt(b.initId(), v.id);
  b.setKind(clean_text(v.kind));
  b.setArtifactKind(clean_text(v.artifact_kind));
  b.setPath(clean_text(v.path));
  b.setDigest(clean_text(v.digest));
  b.setStep(v.step);
  b.setSteps(v.steps);
  b.setLedgerHash(clean_text(v.ledger_hash));
}
void put(wire::WorkerMessage::Builder m, const AttemptReleased& v) {
  put_attempt(m.initAttemptReleased().initId(), v.id);
}
void put(wire::WorkerMessage::Builder m, const LogShipment& v) {
  auto b = m.initLogShipment();
  b.setWorker(clean_text(v.worker));
  put_list(b.initChunks(v.chunks.size()), v.chunks,
           [](auto out, const auto& item) { put_chunk(out, item); });
  put_numbers(b.initClosed(v.closed.size()), v.closed);
}
void put(wire::WorkerMessage::Builder m, const MetricShipment& v) {
  auto b = m.initMetricShipment();
  b.setWorker(clean_text(v.worker));
  put_attempt(b.initId(), v.id);
  b.setOffset(v.offset);
  b.setEndOffset(v.end_offset);
  put_list(b.initPoints(v.points.size()), v.points,
           [](auto out, const auto& item) { put_point(out, item); });
}

Register take_register(Border& c, wire::Register::Reader r) {
  Register v;
  v.version = r.getVersion();
  v.worker = c.name("worker", r.getWorker());
  v.host = c.path("host", r.getHost());
  v.pid = r.getPid();
  v.incarnation = r.getIncarnation();
  v.slots = static_cast<int>(c.number("slots", r.getSlots(), 1, limits::kRanksPerTaskMax));
  v.gpus = take_texts(c, "gpus", r.getGpus(), limits::kGpusMax, limits::kNameBytesMax);
  v.memory_bytes = r.getMemoryBytes();
  v.held = take_held(c, r.getHeld());
  return v;
}
RankEnded take_rank_ended(Border& c, wire::RankEnded::Reader r) {
  RankEnded v;
  v.id = take_attempt(c, r.getId());
  v.rank = c.rank("rank", r.getRank());
  v.failure = c.one_of("failure", r.getFailure(), Failure::kStart);
  v.status = r.getStatus();
  v.message = c.text("message", r.getMessage());
  return v;
}
CommitRequest take_commit_request(Border& c, wire::CommitRequest::Reader r) {
  CommitRequest v;
  v.id = take_attempt(c, r.getId());
  v.kind = c.label("kind", r.getKind());
  v.artifact_kind = c.label("artifact_kind", r.getArtifactKind());
  v.path = c.path("path", r.getPath());
  v.digest = c.label("digest", r.getDigest());
  v.step = c.step("step", r.getStep());
  v.steps = c.step("steps", r.getSteps());
  v.ledger_hash = c.label("ledger_hash", r.getLedgerHash());
  if (v.kind != "checkpoint" && v.kind != "result" && v.kind != "progress")
    c.fail("kind", "not checkpoint, result or progress");
  return v;
}
LogShipment take_log_shipment(Border& c, wire::LogShipment::Reader r) {
  LogShipment v;
  v.worker = c.name("worker", r.getWorker());
  v.chunks = take_list(c, "chunks", r.getChunks(), limits::kListItemsMax,
                       [&](auto item) { return take_chunk(c, item); });
  v.closed = take_list(c, "closed", r.getClosed(), v.chunks.size(), [&](std::int64_t index) {
    return c.count("closed", index, static_cast<std::int64_t>(v.chunks.size()) - 1);
  });
  return v;
}
MetricShipment take_metric_shipment(Border& c, wire::MetricShipment::Reader r) {
  MetricShipment v;
  v.worker = c.name("worker", r.getWorker());
  v.id = take_attempt(c, r.getId());
  v.offset = r.getOffset();
  v.end_offset = r.getEndOffset();
  if (v.end_offset < v.offset) c.fail("end_offset", "before offset");
  v.points = take_list(c, "points", r.getPoints(), limits::kMetricsPerBatchMax,
                       [&](auto item) { return take_point(c, item); });
  return v;
}

WorkerMessage take_worker(Border& c, wire::WorkerMessage::Reader m) {
  switch (m.which()) {
    case wire::WorkerMessage::REGISTER:
      return take_register(c, m.getRegister());
    case wire::WorkerMessage::HEARTBEAT: {
      const auto r = m.getHeartbeat();
      return Heartbeat{c.name("worker", r.getWorker()), r.getIncarnation(), r.getSequence(),
                       take_held(c, r.getHeld())};
    }
    case wire::WorkerMessage::RANK_STARTED: {
      const auto r = m.getRankStarted();
      return RankStarted{take_attempt(c, r.getId()), c.rank("rank", r.getRank()), r.getPid()};
    }
    case wire::WorkerMessage::RANK_ENDED:
      return take_rank_ended(c, m.getRankEnded());
    case wire::WorkerMessage::COMMIT_REQUEST:
      return take_commit_request(c, m.getCommitRequest());
    case wire::WorkerMessage::ATTEMPT_RELEASED:
      return AttemptReleased{take_attempt(c, m.getAttemptReleased().getId())};
    case wire::WorkerMessage::LOG_SHIPMENT:
      return take_log_shipment(c, m.getLogShipment());
    case wire::WorkerMessage::METRIC_SHIPMENT:
      return take_metric_shipment(c, m.getMetricShipment());
  }
  c.fail("kind", "unknown worker message; do the versions fit?");
  return Heartbeat{};
}

void put(wire::CoordinatorMessage::Builder m, const RegisterReply& v) {
  auto b = m.initRegister();
  b.setIncarnation(v.incarnation);
  put_attempts(b.initDisowned(v.disowned.size()), v.disowned);
}
void put(wire::CoordinatorMessage::Builder m, const HeartbeatReply& v) {
  auto b = m.initHeartbeat();
  b.setSequence(v.sequence);
  b.setRegisterAgain(v.register_again);
  put_attempts(b.initDisowned(v.disowned.size()), v.disowned);
}
void put(wire::CoordinatorMessage::Builder m, const StartRanks& v) {
  auto b = m.initStartRanks();
  put_attempt(b.initId(), v.id);
  b.setIncarnation(v.incarnation);
  b.setJobName(clean_text(v.job_name));
  b.setSpec({raw(v.spec), v.spec.size()});
  put_pairs(b.initSet(v.set.size()), v.set);
  put_pairs(b.initInputs(v.inputs.size()), v.inputs);
  put_numbers(b.initRanks(v.ranks.size()), v.ranks);
  auto gpus = b.initGpus(v.gpus.size());
  for (unsigned i = 0; i < v.gpus.size(); ++i)
    put_numbers(gpus.init(i, v.gpus[i].size()), v.gpus[i]);
  b.setRanksTotal(v.ranks_total);
  b.setRanksBefore(v.ranks_before);
  b.setGangToken(clean_text(v.gang_token));
  b.setMasterAddress(clean_text(v.master_address));
  b.setMasterPort(v.master_port);
  b.setOutDirectory(clean_text(v.out_directory));
  b.setCheckpointDirectory(clean_text(v.checkpoint_directory));
  b.setResumePath(clean_text(v.resume_path));
  b.setResumeStep(v.resume_step);
  b.setCpuPerRank(v.cpu_per_rank);
  b.setMemoryBytesPerRank(v.memory_bytes_per_rank);
  b.setGrace(v.grace.count());
}
void put(wire::CoordinatorMessage::Builder m, const StopAttempt& v) {
  auto b = m.initStopAttempt();
  put_attempt(b.initId(), v.id);
  b.setReason(static_cast<wire::StopReason>(v.reason));
  b.setGrace(v.grace.count());
}
void put(wire::CoordinatorMessage::Builder m, const CommitReply& v) {
  auto b = m.initCommit();
  put_attempt(b.initId(), v.id);
  b.setKind(clean_text(v.kind));
  b.setDigest(clean_text(v.digest));
  b.setStep(v.step);
  b.setAccepted(v.accepted);
  b.setMessage(clean_text(v.message));
}
void put(wire::CoordinatorMessage::Builder m, const LogAck& v) {
  auto b = m.initLogAck();
  put_attempt(b.initId(), v.id);
  b.setRank(v.rank);
  b.setEndOffset(v.end_offset);
  b.setClosed(v.closed);
}
void put(wire::CoordinatorMessage::Builder m, const MetricAck& v) {
  auto b = m.initMetricAck();
  put_attempt(b.initId(), v.id);
  b.setEndOffset(v.end_offset);
}
void put(wire::CoordinatorMessage::Builder m, const RankEndedAck& v) {
  auto b = m.initRankEndedAck();
  put_attempt(b.initId(), v.id);
  b.setRank(v.rank);
}
void put(wire::CoordinatorMessage::Builder m, const ReleasedAck& v) {
  put_attempt(m.initReleasedAck().initId(), v.id);
}
void put(wire::CoordinatorMessage::Builder m, const SealAttempt& v) {
  auto b = m.initSealAttempt();
  put_attempt(b.initId(), v.id);
  b.setOutDirectory(clean_text(v.out_directory));
}
void put(wire::CoordinatorMessage::Builder m, const ErrorReply& v) {
  put_error(m.initError(), v.error);
}

StartRanks take_start_ranks(Border& c, wire::StartRanks::Reader r) {
  StartRanks v;
  v.id = take_attempt(c, r.getId());
  v.incarnation = r.getIncarnation();
  v.job_name = c.name("job_name", r.getJobName());
  v.spec = c.bytes("spec", r.getSpec(), limits::kSpecBytesMax);
  v.set = take_pairs(c, "set", r.getSet(), limits::kLabelsMax);
  v.inputs = take_pairs(c, "inputs", r.getInputs(), limits::kFilesMax);
  v.ranks = take_numbers(c, "ranks", r.getRanks(), limits::kRanksPerTaskMax - 1);
  v.gpus = take_list(c, "gpus", r.getGpus(), limits::kRanksPerTaskMax, [&](auto item) {
    return take_numbers(c, "gpus", item, limits::kGpusMax - 1);
  });
  v.ranks_total =
      static_cast<int>(c.number("ranks_total", r.getRanksTotal(), 1, limits::kRanksPerTaskMax));
  v.ranks_before = c.rank("ranks_before", r.getRanksBefore());
  v.gang_token = c.label("gang_token", r.getGangToken());
  v.master_address = c.path("master_address", r.getMasterAddress());
  v.master_port = c.count("master_port", r.getMasterPort(), 65535);
  v.out_directory = c.path("out_directory", r.getOutDirectory());
  v.checkpoint_directory = c.path("checkpoint_directory", r.getCheckpointDirectory());
  v.resume_path = c.path("resume_path", r.getResumePath());
  v.resume_step = c.step("resume_step", r.getResumeStep());
  v.cpu_per_rank = c.count("cpu_per_rank", r.getCpuPerRank());
  v.memory_bytes_per_rank = r.getMemoryBytesPerRank();
  v.grace = c.duration("grace", r.getGrace());
  if (v.ranks.empty()) c.fail("ranks", "none");
  if (v.gpus.size() != v.ranks.size()) c.fail("gpus", "not one list a rank");
  for (const int rank : v.ranks)
    if (rank >= v.ranks_total)
      c.fail("ranks", std::to_string(rank) + " of " + std::to_string(v.ranks_total));
  return v;
}
CommitReply take_commit_reply(Border& c, wire::CommitReply::Reader r) {
  CommitReply v;
  v.id = take_attempt(c, r.getId());
  v.kind = c.label("kind", r.getKind());
  v.digest = c.label("digest", r.getDigest());
  v.step = c.step("step", r.getStep());
  v.accepted = r.getAccepted();
  v.message = c.text("message", r.getMessage());
  return v;
}

CoordinatorMessage take_coordinator(Border& c, wire::CoordinatorMessage::Reader m) {
  switch (m.which()) {
    case wire::CoordinatorMessage::REGISTER: {
      const auto r = m.getRegister();
      return RegisterReply{r.getIncarnation(), take_attempts(c, r.getDisowned())};
    }
    case wire::CoordinatorMessage::HEARTBEAT: {
      const auto r = m.getHeartbeat();
      return HeartbeatReply{r.getSequence(), r.getRegisterAgain(),
                            take_attempts(c, r.getDisowned())};
    }
    case wire::CoordinatorMessage::START_RANKS:
      return take_start_ranks(c, m.getStartRanks());
    case wire::CoordinatorMessage::STOP_ATTEMPT: {
      const auto r = m.getStopAttempt();
      return StopAttempt{take_attempt(c, r.getId()),
                         c.one_of("reason", r.getReason(), StopReason::kDisowned),
                         c.duration("grace", r.getGrace())};
    }
    case wire::CoordinatorMessage::COMMIT:
      return take_commit_reply(c, m.getCommit());
    case wire::CoordinatorMessage::LOG_ACK: {
      const auto r = m.getLogAck();
      return LogAck{take_attempt(c, r.getId()), c.rank("rank", r.getRank()), r.getEndOffset(),
                    r.getClosed()};
    }
    case wire::CoordinatorMessage::METRIC_ACK: {
      const auto r = m.getMetricAck();
      return MetricAck{take_attempt(c, r.getId()), r.getEndOffset()};
    }
    case wire::CoordinatorMessage::RANK_ENDED_ACK: {
      const auto r = m.getRankEndedAck();
      return RankEndedAck{take_attempt(c, r.getId()), c.rank("rank", r.getRank())};
    }
    case wire::CoordinatorMessage::RELEASED_ACK:
      return ReleasedAck{take_attempt(c, m.getReleasedAck().getId())};
    case wire::CoordinatorMessage::SEAL_ATTEMPT: {
      const auto r = m.getSealAttempt();
      return SealAttempt{take_attempt(c, r.getId()), c.path("out_directory", r.getOutDirectory())};
    }
    case wire::CoordinatorMessage::ERROR:
      return ErrorReply{take_error(c, m.getError())};
  }
  c.fail("kind", "unknown coordinator message; do the versions fit?");
  return ErrorReply{};
}

}  // namespace

std::string encode(const WorkerMessage& message) {
  return encode_union<wire::WorkerMessage>(Tag::kWorker, message,
                                           [](auto m, const auto& v) { put(m, v); });
}
Result<WorkerMessage> decode_worker_message(std::string_view bytes) {
  return decode_union<WorkerMessage, wire::WorkerMessage>("worker message", Tag::kWorker, bytes,
                                                          take_worker);
}

std::string encode(const CoordinatorMessage& message) {
  return encode_union<wire::CoordinatorMessage>(Tag::kCoordinator, message,
                                                [](auto m, const auto& v) { put(m, v); });
}
Result<CoordinatorMessage> decode_coordinator_message(std::string_view bytes) {
  return decode_union<CoordinatorMessage, wire::CoordinatorMessage>(
      "coordinator message", Tag::kCoordinator, bytes, take_coordinator);
}

}  // namespace orch::protocol
