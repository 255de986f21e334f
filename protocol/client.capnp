@0xa1c6f0f0b7d35e02;
# Client (orchctl, dashboard) ↔ coordinator. A client numbers its requests from 1; a reply carries
# the number of its request. Replies may come in another order than the requests, late, or twice; a
# client drops what it does not wait for. Number 0 in a reply: the request could not be read. The
# coordinator answers only when the log position that the answer rests on is durable.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("orch::protocol::wire");
using Values = import "/protocol/values.capnp";

struct ClientRequest {
  tag @0 :UInt32;     # kClientRequestTag
  number @1 :UInt64;  # from 1
  union {
    hello @2 :Hello;            # any role; first
    submit @3 :Submit;          # admin, submitter
    list @4 :ListRequest;            # any role but worker, as all that only reads
    explain @5 :Explain;
    control @6 :Control;        # admin, submitter
    readLogs @7 :ReadLogs;
    readMetrics @8 :ReadMetrics;
    importArtifact @9 :ImportArtifact;  # admin, submitter
  }
}

struct Hello {
  version @0 :UInt32; # kProtocolVersion of the client; the coordinator answers with its own
  build @1 :Text;
}

struct Submit {
  # Idempotent by requestId: a repeat returns the same job, with another spec it is a conflict.
  spec @0 :Data;
  # YAML as it was read, at most kTextBytesMax here; the parser refuses over kSpecBytesMax with a
  # place
  file @1 :Text;
  set @2 :List(Values.Pair);  # at most kLabelsMax
  requestId @3 :Text; # at most kNameBytesMax
  dryRun @4 :Bool;
}

enum ListKind {
  jobs @0; tasks @1; attempts @2; workers @3; queues @4; artifacts @5; schedules @6; events @7;
  spec @8;
}

struct ListRequest {
  kind @0 :ListKind;
  name @1 :Text;
}

struct Explain { job @0 :Text; }

enum ControlVerb { cancel @0; pause @1; resume @2; retry @3; }

struct Control {
  verb @0 :ControlVerb;
  name @1 :Text;
}

struct ReadLogs {
  name @0 :Text;
  attempt @1 :UInt64; # 0: all
  cursor @2 :Text;    # opaque, from the last reply; empty: from the start
}

struct ReadMetrics {
  name @0 :Text;
  series @1 :List(Text);  # at most kLabelsMax
  afterStep @2 :Int64;
}

struct ImportArtifact {
  path @0 :Text;
  tag @1 :Text;
}

struct ClientReply {
  tag @0 :UInt32;     # kClientReplyTag
  number @1 :UInt64;
  union {
    hello @2 :HelloReply;
    submit @3 :SubmitReply;
    list @4 :ListReply;
    explain @5 :ExplainReply;
    control @6 :ControlReply;
    readLogs @7 :ReadLogsReply;
    readMetrics @8 :ReadMetricsReply;
    import @9 :ImportReply;
    error @10 :Values.Error;
  }
}

struct HelloReply {
  version @0 :UInt32;
  build @1 :Text;
  coordinator @2 :Text;
  pid @3 :Int64;
}

struct SubmitReply {
  job @0 :UInt64;     # 0 for a dry run
  repeated @1 :Bool;
  tasks @2 :List(Text);  # at most kTasksPerJobMax
}

struct JobInfo {
  job @0 :UInt64;
  name @1 :Text;
  queue @2 :Text;
  priority @3 :Int32;
  state @4 :Values.State;
  submitted @5 :Int64;  # microseconds since 1970, 0: not yet
  started @6 :Int64;
  ended @7 :Int64;
  tasksTotal @8 :Int32;
  tasksDone @9 :Int32;
  reason @10 :Text;
}

struct TaskInfo {
  task @0 :Values.TaskId;
  kind @1 :Text;
  state @2 :Values.State;
  attempt @3 :UInt64;   # 0: none yet
  restarts @4 :Int32;
  artifact @5 :Text;
  artifactPath @6 :Text;
  ledgerHash @7 :Text;
  step @8 :Int64;
  steps @9 :Int64;
  reason @10 :Text;
}

struct RankInfo {
  rank @0 :Int32;
  worker @1 :Text;
  pid @2 :Int64;
}

struct AttemptInfo {
  id @0 :Values.AttemptId;
  state @1 :Values.State;
  failure @2 :Values.Failure;
  message @3 :Text;
  ranks @4 :List(RankInfo);  # at most kRanksPerTaskMax
  started @5 :Int64;
  ended @6 :Int64;
}

struct WorkerInfo {
  worker @0 :Text;
  pid @1 :Int64;
  state @2 :Text;
  slots @3 :Int32;
  free @4 :Int32;
  gpus @5 :Int32;
  memoryBytes @6 :UInt64;
  host @7 :Text;
}

struct ArtifactInfo {
  digest @0 :Text;
  kind @1 :Text;
  path @2 :Text;
  madeBy @3 :Values.AttemptId;  # job 0: imported
  step @4 :Int64;
  inputs @5 :List(Text);
  made @6 :Int64;
}

struct EventInfo {
  position @0 :UInt64;
  at @1 :Int64;
  job @2 :UInt64;       # 0: none
  task @3 :Text;        # empty: none
  text @4 :Text;
}

struct ListReply {
  # Only the list that was asked for is filled. What does not fit one message is an error that says
  # how to ask for less.
  jobs @0 :List(JobInfo);
  tasks @1 :List(TaskInfo);
  attempts @2 :List(AttemptInfo);
  workers @3 :List(WorkerInfo);
  artifacts @4 :List(ArtifactInfo);
  events @5 :List(EventInfo);
  spec @6 :Data;
  set @7 :List(Values.Pair);
}

struct WaitReason {
  task @0 :Text;        # empty: the whole job
  reason @1 :Text;
  change @2 :Text;
}

struct ExplainReply {
  job @0 :UInt64;
  state @1 :Values.State;
  reasons @2 :List(WaitReason);
  estimatedStart @3 :Text;
}

struct ControlReply {
  name @0 :Text;
  text @1 :Text;
}

struct ReadLogsReply {
  chunks @0 :List(Values.LogChunk);
  cursor @1 :Text;
  end @2 :Bool;
}

struct ReadMetricsReply { points @0 :List(Values.MetricPoint); }

struct ImportReply { digest @0 :Text; }
