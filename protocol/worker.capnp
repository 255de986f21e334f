@0xa1c6f0f0b7d35e03;
# Worker ↔ coordinator. At least once both ways, every handler idempotent:
#  - StartRanks is repeated each second until RankStarted or RankEnded came for every rank in it;
#  - RankEnded until RankEndedAck; CommitRequest until CommitReply; AttemptReleased until
#    ReleasedAck;
#  - StopAttempt until AttemptReleased; log and metric shipments until their ack (and across
#    restarts of both sides).
# Messages of one connection arrive in order, but repeats and restarts make any order possible: a
# receiver decides by attempt number and offset, never by order. Messages of an older attempt are
# refused where they would take effect.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("orch::protocol::wire");
using Values = import "/protocol/values.capnp";

struct WorkerMessage {
  tag @0 :UInt32;     # kWorkerTag
  union {
    register @1 :Register;
    heartbeat @2 :Heartbeat;
    rankStarted @3 :RankStarted;
    rankEnded @4 :RankEnded;
    commitRequest @5 :CommitRequest;
    attemptReleased @6 :AttemptReleased;
    logShipment @7 :LogShipment;
    metricShipment @8 :MetricShipment;
  }
}

struct HeldAttempt {
  id @0 :Values.AttemptId;
  ranks @1 :List(Int32);  # at most kRanksPerTaskMax
}

struct Register {
  # First on each connection and after HeartbeatReply.registerAgain. Refused when `version` does not
  # fit.
  version @0 :UInt32;
  worker @1 :Text;        # a name
  host @2 :Text;
  pid @3 :Int64;
  incarnation @4 :UInt64; # rises with each start of the daemon
  slots @5 :Int32;        # from 1
  gpus @6 :List(Text);
  memoryBytes @7 :UInt64;
  held @8 :List(HeldAttempt);
}

struct Heartbeat {
  # Every 500 ms; after 5 s without one the worker is silent.
  worker @0 :Text;
  incarnation @1 :UInt64;
  sequence @2 :UInt64;
  held @3 :List(HeldAttempt);
}

struct RankStarted {
  id @0 :Values.AttemptId;
  rank @1 :Int32;
  pid @2 :Int64;
}

struct RankEnded {
  id @0 :Values.AttemptId;
  rank @1 :Int32;
  failure @2 :Values.Failure;
  status @3 :Int32;       # exit code; signal number when failure is signal
  message @4 :Text;
}

struct CommitRequest {
  # Files at `path` are durable before this is sent; they count only after CommitReply.accepted.
  id @0 :Values.AttemptId;
  kind @1 :Text;          # checkpoint | result | progress
  artifactKind @2 :Text;  # dataset | checkpoint | report | output; empty for progress
  path @3 :Text;
  digest @4 :Text;
  step @5 :Int64;
  steps @6 :Int64;
  ledgerHash @7 :Text;
}

struct AttemptReleased { id @0 :Values.AttemptId; }
# Every process of the attempt on this worker is gone.

struct LogShipment {
  worker @0 :Text;
  chunks @1 :List(Values.LogChunk);
  closed @2 :List(Int32); # indices into chunks
}

struct MetricShipment {
  worker @0 :Text;
  id @1 :Values.AttemptId;
  offset @2 :UInt64;      # byte offset in metrics.jsonl: the sequence number
  endOffset @3 :UInt64;   # ≥ offset
  points @4 :List(Values.MetricPoint);  # at most kMetricsPerBatchMax
}

struct CoordinatorMessage {
  tag @0 :UInt32;         # kCoordinatorTag
  union {
    register @1 :RegisterReply;
    heartbeat @2 :HeartbeatReply;
    startRanks @3 :StartRanks;
    stopAttempt @4 :StopAttempt;
    commit @5 :CommitReply;
    logAck @6 :LogAck;
    metricAck @7 :MetricAck;
    rankEndedAck @8 :RankEndedAck;
    releasedAck @9 :ReleasedAck;
    error @10 :Values.Error;
    sealAttempt @11 :SealAttempt;
  }
}

struct RegisterReply {
  incarnation @0 :UInt64;
  disowned @1 :List(Values.AttemptId);  # kill within 1 s
}

struct HeartbeatReply {
  sequence @0 :UInt64;
  registerAgain @1 :Bool;
  disowned @2 :List(Values.AttemptId);
}

struct StartRanks {
  # Idempotent by `id`. An attempt older than one that the worker already knows of the same task is
  # ignored.
  id @0 :Values.AttemptId;
  jobName @1 :Text;
  spec @2 :Data;          # at most kSpecBytesMax
  set @3 :List(Values.Pair);
  inputs @4 :List(Values.Pair);   # reference text → absolute path
  ranks @5 :List(Int32);          # ascending, not empty
  gpus @6 :List(List(Int32));     # as long as ranks
  ranksTotal @7 :Int32;
  ranksBefore @8 :Int32;
  gangToken @9 :Text;
  masterAddress @10 :Text;
  masterPort @11 :Int32;          # 0 … 65535
  outDirectory @12 :Text;
  checkpointDirectory @13 :Text;
  resumePath @14 :Text;
  resumeStep @15 :Int64;
  cpuPerRank @16 :Int64;
  memoryBytesPerRank @17 :UInt64;
  grace @18 :Int64;               # nanoseconds, ≥ 0
  incarnation @19 :UInt64;        # of the worker that it is meant for; 0: any
}

enum StopReason { cancel @0; pause @1; gangFailed @2; timeout @3; disowned @4; }

struct StopAttempt {
  id @0 :Values.AttemptId;
  reason @1 :StopReason;
  grace @2 :Int64;        # nanoseconds, ≥ 0
}

struct CommitReply {
  id @0 :Values.AttemptId;
  kind @1 :Text;
  digest @2 :Text;
  step @3 :Int64;
  accepted @4 :Bool;
  message @5 :Text;
}

struct LogAck {
  # Durable up to endOffset; the spool may forget it.
  id @0 :Values.AttemptId;
  rank @1 :Int32;
  endOffset @2 :UInt64;
  closed @3 :Bool;    # nothing follows; only now the worker forgets the file
}

struct MetricAck {
  id @0 :Values.AttemptId;
  endOffset @1 :UInt64;
}

struct RankEndedAck {
  id @0 :Values.AttemptId;
  rank @1 :Int32;
}

struct ReleasedAck { id @0 :Values.AttemptId; }

struct SealAttempt {
  # For `command`, to the worker of rank 0, until its CommitRequest (kind result) for outDirectory
  # came.
  id @0 :Values.AttemptId;
  outDirectory @1 :Text;
}
