#include "tests/protocol/message_samples.h"

namespace orch::protocol {
namespace {

AttemptId id(std::uint64_t job, const char* task, std::uint64_t attempt) {
  return {{JobId{job}, task}, Attempt{attempt}};
}
LogChunk chunk() { return {id(3, "base", 2), 1, 4096, std::string("line\n\0\xff", 7)}; }
MetricPoint point() { return {"loss", 17, 2.5, {123456}, 2}; }

ListReply sample_list() {
  ListReply v;
  v.jobs = {{JobId{3}, "demo", "default", -5, State::kRunning, {1}, {2}, {3}, 7, 4, "runs"},
            {JobId{4}, "next", "default", 0, State::kWaiting, {1}, {}, {}, 1, 0, "waits → ✓"}};
  v.tasks = {{{JobId{3}, "base"},
              "pretrain",
              State::kPaused,
              2,
              1,
              "abc",
              "/a/b",
              "ff00",
              10,
              400,
              "why"}};
  v.attempts = {{id(3, "base", 2),
                 State::kLost,
                 Failure::kWorkerLost,
                 "gone",
                 {{0, "worker-0", 77}, {1, "worker-1", 78}},
                 {5},
                 {6}}};
  v.workers = {{"worker-0", 99, "ready", 4, 2, 1, std::uint64_t{1} << 33, "host"}};
  v.artifacts = {{"abc", "checkpoint", "/x", id(3, "base", 2), 400, {"in1", "in2"}, {9}},
                 {"def", "dataset", "/y", {}, 0, {}, {9}}};
  v.events = {{12, {13}, JobId{3}, "base", "started"}};
  v.spec = "version: 1\n";
  v.set = {{"steps", "8"}};
  return v;
}

}  // namespace

std::vector<NumberedRequest> sample_requests() {
  return {{1, Hello{1, "build"}},
          {2, Submit{"version: 1\n", "a.yaml", {{"seed", "7"}}, "r-1", true}},
          {3, List{ListKind::kSpec, "3"}},
          {4, Explain{"demo"}},
          {5, Control{ControlVerb::kRetry, "3/base"}},
          {6, ReadLogs{"3/base/0", 2, "cursor"}},
          {7, ReadMetrics{"3/base", {"loss", "lr"}, 99}},
          {8, ImportArtifact{"/models/x", "llama:1"}}};
}

std::vector<NumberedReply> sample_replies() {
  return {
      {1, HelloReply{1, "build", "tcp://127.0.0.1:1", 42}},
      {2, SubmitReply{JobId{3}, true, {"base", "eval"}}},
      {3, sample_list()},
      {4, ExplainReply{JobId{3}, State::kWaiting, {{"base", "no slot", "free one"}}, "unknown: x"}},
      {5, ControlReply{"3", "cancelled"}},
      {6, ReadLogsReply{{chunk()}, "next", true}},
      {7, ReadMetricsReply{{point()}}},
      {8, ImportReply{"abc"}},
      {9, ErrorReply{denied("not allowed, job 3", "ask")}}};
}

std::vector<WorkerMessage> sample_worker_messages() {
  const std::vector<HeldAttempt> held = {{id(3, "base", 2), {0, 1}}, {id(4, "x", 1), {}}};
  return {Register{1, "worker-0", "host", 11, 5, 4, {"H100"}, 1 << 30, held},
          Heartbeat{"worker-0", 5, 77, held},
          RankStarted{id(3, "base", 2), 1, 4242},
          RankEnded{id(3, "base", 2), 1, Failure::kSignal, 9, "killed"},
          CommitRequest{id(3, "base", 2), "checkpoint", "checkpoint", "/c", "abc", 100, 400, "ff"},
          AttemptReleased{id(3, "base", 2)},
          LogShipment{"worker-0", {chunk()}, {0}},
          MetricShipment{"worker-0", id(3, "base", 2), 10, 90, {point()}}};
}

std::vector<CoordinatorMessage> sample_coordinator_messages() {
  StartRanks start;
  start.id = id(3, "base", 2);
  start.incarnation = 5;
  start.job_name = "demo";
  start.spec = "version: 1\n";
  start.set = {{"a", "b"}};
  start.inputs = {{"@data", "/data"}};
  start.ranks = {2, 3};
  start.gpus = {{0}, {1, 2}};
  start.ranks_total = 4;
  start.ranks_before = 2;
  start.gang_token = "token";
  start.master_address = "127.0.0.1";
  start.master_port = 2950;
  start.out_directory = "/out";
  start.checkpoint_directory = "/ckpt";
  start.resume_path = "/resume";
  start.resume_step = 100;
  start.cpu_per_rank = 2;
  start.memory_bytes_per_rank = 1 << 29;
  start.grace = std::chrono::seconds(30);
  return {RegisterReply{5, {id(1, "a", 1)}},
          HeartbeatReply{77, true, {id(1, "a", 1)}},
          start,
          StopAttempt{id(3, "base", 2), StopReason::kGangFailed, std::chrono::seconds(1)},
          CommitReply{id(3, "base", 2), "checkpoint", "abc", 100, true, "ok"},
          LogAck{id(3, "base", 2), 1, 4103, true},
          MetricAck{id(3, "base", 2), 90},
          RankEndedAck{id(3, "base", 2), 1},
          ReleasedAck{id(3, "base", 2)},
          ErrorReply{conflict("stale")},
          SealAttempt{id(3, "base", 2), "/out"}};
}

std::vector<ToRank> sample_to_rank() {
  RankStart start;
  start.id = id(3, "base", 2);
  start.rank = 1;
  start.ranks_total = 4;
  start.local_rank = 1;
  start.local_ranks = 2;
  start.spec = "version: 1\n";
  start.set = {{"a", "b"}};
  start.inputs = {{"@data", "/data"}};
  start.gpus = {3};
  start.gang_token = "token";
  start.out_directory = "/out";
  start.checkpoint_directory = "/ckpt";
  start.run_directory = "/run";
  start.resume_path = "/resume";
  start.resume_step = 100;
  start.threads = 2;
  return {start, RankCommitted{"result", "abc", 400, true, "ok"}, RankStop{false}};
}

std::vector<FromRank> sample_from_rank() {
  return {RankReady{}, RankBeat{5, 400},
          RankCommit{"result", "report", "/out", "abc", 400, 400, "ff"},
          RankFailed{Failure::kNumeric, "loss is NaN at step 5"}, RankStopped{7}};
}

std::vector<EncodedSample> encoded_samples() {
  std::vector<EncodedSample> out;
  for (const auto& m : sample_requests()) out.push_back({"client_request", encode(m)});
  for (const auto& m : sample_replies()) out.push_back({"client_reply", encode(m)});
  for (const auto& m : sample_worker_messages()) out.push_back({"worker", encode(m)});
  for (const auto& m : sample_coordinator_messages()) out.push_back({"coordinator", encode(m)});
  for (const auto& m : sample_to_rank()) out.push_back({"to_rank", encode(m)});
  for (const auto& m : sample_from_rank()) out.push_back({"from_rank", encode(m)});
  return out;
}

Result<std::string> recode(const std::string& conversation, std::string_view bytes) {
  const auto again = [](auto decoded) -> Result<std::string> {
    ORCH_TRY(decoded);
    return encode(*decoded);
  };
  if (conversation == "client_request") return again(decode_client_request(bytes));
  if (conversation == "client_reply") return again(decode_client_reply(bytes));
  if (conversation == "worker") return again(decode_worker_message(bytes));
  if (conversation == "coordinator") return again(decode_coordinator_message(bytes));
  if (conversation == "to_rank") return again(decode_to_rank(bytes));
  return again(decode_from_rank(bytes));
}

}  // namespace orch::protocol
