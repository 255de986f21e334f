// Rank ↔ its parent: rank.capnp.

#include <capnp/message.h>

#include "protocol/codec.h"
#include "protocol/codec_border.h"
#include "protocol/rank.capnp.h"

namespace orch::protocol {
namespace {

void put(wire::ToRank::Builder m, const RankStart& v) {
  auto b = m.initStart();
  put_attempt(b.initId(), v.id);
  b.setRank(v.rank);
  b.setRanksTotal(v.ranks_total);
  b.setLocalRank(v.local_rank);
  b.setLocalRanks(v.local_ranks);
  b.setSpec({raw(v.spec), v.spec.size()});
  put_pairs(b.initSet(v.set.size()), v.set);
  put_pairs(b.initInputs(v.inputs.size()), v.inputs);
  put_numbers(b.initGpus(v.gpus.size()), v.gpus);
  b.setGangToken(clean_text(v.gang_token));
  b.setOutDirectory(clean_text(v.out_directory));
  b.setCheckpointDirectory(clean_text(v.checkpoint_directory));
  b.setRunDirectory(clean_text(v.run_directory));
  b.setResumePath(clean_text(v.resume_path));
  b.setResumeStep(v.resume_step);
  b.setThreads(v.threads);
}
void put(wire::ToRank::Builder m, const RankCommitted& v) {
  auto b = m.initCommitted();
  b.setKind(clean_text(v.kind));
  b.setDigest(clean_text(v.digest));
  b.setStep(v.step);
  b.setAccepted(v.accepted);
  b.setMessage(clean_text(v.message));
}
void put(wire::ToRank::Builder m, const RankStop& v) {
  m.initStop().setCheckpointFirst(v.checkpoint_first);
}

RankStart take_start(Border& c, wire::RankStart::Reader r) {
  RankStart v;
  v.id = take_attempt(c, r.getId());
  v.rank = c.rank("rank", r.getRank());
  v.ranks_total =
      static_cast<int>(c.number("ranks_total", r.getRanksTotal(), 1, limits::kRanksPerTaskMax));
  v.local_rank = c.rank("local_rank", r.getLocalRank());
  v.local_ranks =
      static_cast<int>(c.number("local_ranks", r.getLocalRanks(), 1, limits::kRanksPerTaskMax));
  if (v.rank >= v.ranks_total) c.fail("rank", "not below ranks_total");
  if (v.local_rank >= v.local_ranks) c.fail("local_rank", "not below local_ranks");
  v.spec = c.bytes("spec", r.getSpec(), limits::kSpecBytesMax);
  v.set = take_pairs(c, "set", r.getSet(), limits::kLabelsMax);
  v.inputs = take_pairs(c, "inputs", r.getInputs(), limits::kFilesMax);
  v.gpus = take_numbers(c, "gpus", r.getGpus(), limits::kGpusMax - 1);
  v.gang_token = c.label("gang_token", r.getGangToken());
  v.out_directory = c.path("out_directory", r.getOutDirectory());
  v.checkpoint_directory = c.path("checkpoint_directory", r.getCheckpointDirectory());
  v.run_directory = c.path("run_directory", r.getRunDirectory());
  v.resume_path = c.path("resume_path", r.getResumePath());
  v.resume_step = c.step("resume_step", r.getResumeStep());
  v.threads = static_cast<int>(c.number("threads", r.getThreads(), 1, 1024));
  return v;
}
ToRank take_to_rank(Border& c, wire::ToRank::Reader m) {
  switch (m.which()) {
    case wire::ToRank::START:
      return take_start(c, m.getStart());
    case wire::ToRank::COMMITTED: {
      const auto r = m.getCommitted();
      return RankCommitted{c.label("kind", r.getKind()), c.label("digest", r.getDigest()),
                           c.step("step", r.getStep()), r.getAccepted(),
                           c.text("message", r.getMessage())};
    }
    case wire::ToRank::STOP:
      return RankStop{m.getStop().getCheckpointFirst()};
  }
  c.fail("kind", "unknown message to a rank; do the versions fit?");
  return RankStop{};
}

void put(wire::FromRank::Builder m, const RankReady&) { m.setReady(); }
void put(wire::FromRank::Builder m, const RankBeat& v) {
  auto b = m.initBeat();
  b.setStep(v.step);
  b.setSteps(v.steps);
}
void put(wire::FromRank::Builder m, const RankCommit& v) {
  auto b = m.initCommit();
  b.setKind(clean_text(v.kind));
  b.setArtifactKind(clean_text(v.artifact_kind));
  b.setPath(clean_text(v.path));
  b.setDigest(clean_text(v.digest));
  b.setStep(v.step);
  b.setSteps(v.steps);
  b.setLedgerHash(clean_text(v.ledger_hash));
}
void put(wire::FromRank::Builder m, const RankFailed& v) {
  auto b = m.initFailed();
  b.setFailure(static_cast<wire::Failure>(v.failure));
  b.setMessage(clean_text(v.message));
}
void put(wire::FromRank::Builder m, const RankStopped& v) { m.initStopped().setStep(v.step); }

RankCommit take_commit(Border& c, wire::RankCommit::Reader r) {
  RankCommit v;
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
FromRank take_from_rank(Border& c, wire::FromRank::Reader m) {
  switch (m.which()) {
    case wire::FromRank::READY:
      return RankReady{};
    case wire::FromRank::BEAT: {
      const auto r = m.getBeat();
      return RankBeat{c.step("step", r.getStep()), c.step("steps", r.getSteps())};
    }
    case wire::FromRank::COMMIT:
      return take_commit(c, m.getCommit());
    case wire::FromRank::FAILED: {
      const auto r = m.getFailed();
      return RankFailed{c.one_of("failure", r.getFailure(), Failure::kStart),
                        c.text("message", r.getMessage())};
    }
    case wire::FromRank::STOPPED:
      return RankStopped{c.step("step", m.getStopped().getStep())};
  }
  c.fail("kind", "unknown message of a rank; do the versions fit?");
  return RankReady{};
}

}  // namespace

std::string encode(const ToRank& message) {
  return encode_union<wire::ToRank>(Tag::kToRank, message,
                                    [](auto m, const auto& v) { put(m, v); });
}
Result<ToRank> decode_to_rank(std::string_view bytes) {
  return decode_union<ToRank, wire::ToRank>("message to a rank", Tag::kToRank, bytes, take_to_rank);
}

std::string encode(const FromRank& message) {
  return encode_union<wire::FromRank>(Tag::kFromRank, message,
                                      [](auto m, const auto& v) { put(m, v); });
}
Result<FromRank> decode_from_rank(std::string_view bytes) {
  return decode_union<FromRank, wire::FromRank>("message of a rank", Tag::kFromRank, bytes,
                                                take_from_rank);
}

}  // namespace orch::protocol
