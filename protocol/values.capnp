@0xa1c6f0f0b7d35e01;
# What the three conversations share. Rules for all of them:
#  - A message is one flat Cap'n Proto array (one segment table), at most limits::kMessageBytesMax
#    (8 MiB) with nothing behind it. Its envelope starts with `tag`: the conversation and its
#    version; another tag is refused.
#  - Texts are UTF-8 without control characters but tab, LF, CR. Names match [a-z0-9][a-z0-9._-]*.
#    Lists hold at most limits::kListItemsMax items where nothing smaller is said. Job, attempt and
#    position numbers start at 1.
#  - Fields are only ever added; enums only grow at the end. A receiver refuses enum values and
#    union members that it does not know (versions are compared at first contact, so this is a bug
#    or an attack).
#  - Ownership: bytes are copied out while decoding; no reader outlives the decode call.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("orch::protocol::wire");

enum State { waiting @0; running @1; paused @2; succeeded @3; failed @4; cancelled @5; lost @6; }
# lost: attempts only.

enum Failure {
  none @0; exit @1; signal @2; workerLost @3; outOfMemory @4; spec @5; numeric @6; timeout @7;
  cancelled @8;
  paused @9; start @10;
}

enum Code {
  invalid @0; notFound @1; unavailable @2; denied @3; conflict @4; corrupt @5; internal @6;
}

struct Error {
  code @0 :Code;
  message @1 :Text;   # at most kTextBytesMax; may have several lines, one an error
  hint @2 :Text;
}

struct TaskId {
  job @0 :UInt64;     # from 1
  task @1 :Text;      # a name
}

struct AttemptId {
  task @0 :TaskId;
  attempt @1 :UInt64; # from 1, only rises: the fencing number
}

struct Pair {
  key @0 :Text;
  value @1 :Text;
}

struct LogChunk {
  # Part of one rank's log. Within (attempt, rank) chunks do not overlap: `offset` is the sequence
  # number.
  attempt @0 :AttemptId;
  rank @1 :Int32;     # 0 … kRanksPerTaskMax - 1
  offset @2 :UInt64;  # of the first byte
  bytes @3 :Data;     # at most kLogChunkBytesMax, any bytes
}

struct MetricPoint {
  series @0 :Text;    # at most kNameBytesMax
  step @1 :Int64;
  value @2 :Float64;  # NaN and infinities are data
  at @3 :Int64;       # microseconds since 1970-01-01 UTC
  attempt @4 :UInt64; # 0 where the message names the attempt
}
