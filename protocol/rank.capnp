@0xa1c6f0f0b7d35e04;
# Rank ↔ its parent (a worker, or `orch-tool run`), in frames over an inherited stream socket:
# reliable and in order while both live; the end of the stream is the other's death. RankStart is
# the first frame to a rank, RankReady its first answer. A rank that wants to leave early says why
# (RankFailed, RankStopped) before it exits.
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("orch::protocol::wire");
using Values = import "/protocol/values.capnp";

struct ToRank {
  tag @0 :UInt32;         # kToRankTag
  union {
    start @1 :RankStart;
    committed @2 :RankCommitted;
    stop @3 :RankStop;
  }
}

struct RankStart {
  id @0 :Values.AttemptId;
  rank @1 :Int32;
  ranksTotal @2 :Int32;   # rank < ranksTotal
  localRank @3 :Int32;
  localRanks @4 :Int32;   # localRank < localRanks
  spec @5 :Data;          # at most kSpecBytesMax
  set @6 :List(Values.Pair);
  inputs @7 :List(Values.Pair);
  gpus @8 :List(Int32);
  gangToken @9 :Text;
  outDirectory @10 :Text;
  checkpointDirectory @11 :Text;
  runDirectory @12 :Text;
  resumePath @13 :Text;
  resumeStep @14 :Int64;
  threads @15 :Int32;     # from 1
}

struct RankCommitted {
  # Answer to one RankCommit, in the order asked.
  kind @0 :Text;
  digest @1 :Text;
  step @2 :Int64;
  accepted @3 :Bool;
  message @4 :Text;
}

struct RankStop { checkpointFirst @0 :Bool; }

struct FromRank {
  tag @0 :UInt32;         # kFromRankTag
  union {
    ready @1 :Void;
    beat @2 :RankBeat;
    commit @3 :RankCommit;
    failed @4 :RankFailed;
    stopped @5 :RankStopped;
  }
}

struct RankBeat {
  step @0 :Int64;
  steps @1 :Int64;
}

struct RankCommit {
  # Rank 0 only. Fields as worker.capnp's CommitRequest; the parent adds the attempt.
  kind @0 :Text;
  artifactKind @1 :Text;
  path @2 :Text;
  digest @3 :Text;
  step @4 :Int64;
  steps @5 :Int64;
  ledgerHash @6 :Text;
}

struct RankFailed {
  failure @0 :Values.Failure;
  message @1 :Text;
}

struct RankStopped { step @0 :Int64; }
