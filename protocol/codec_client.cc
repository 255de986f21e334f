// Client ↔ coordinator: client.capnp. Rows of lists (JobInfo …) are in codec_list.h.

#include <capnp/message.h>

#include "protocol/client.capnp.h"
#include "protocol/codec.h"
#include "protocol/codec_list.h"

namespace orch::protocol {
namespace {

constexpr std::size_t kNamedBytesMax = 4 * limits::kNameBytesMax;  // JOB/TASK/RANK
// As many as fit a message: a point has at least 40 bytes.
constexpr std::size_t kPointsMax = limits::kMessageBytesMax / 40;

void put(wire::ClientRequest::Builder m, const Hello& v) {
  auto b = m.initHello();
  b.setVersion(v.version);
  b.setBuild(clean_text(v.build));
}
void put(wire::ClientRequest::Builder m, const Submit& v) {
  auto b = m.initSubmit();
  b.setSpec({raw(v.spec), v.spec.size()});
  b.setFile(clean_text(v.file));
  put_pairs(b.initSet(v.set.size()), v.set);
  b.setRequestId(clean_text(v.request_id));
  b.setDryRun(v.dry_run);
}
void put(wire::ClientRequest::Builder m, const List& v) {
  auto b = m.initList();
  b.setKind(static_cast<wire::ListKind>(v.kind));
  b.setName(clean_text(v.name));
}
void put(wire::ClientRequest::Builder m, const Explain& v) {
  m.initExplain().setJob(clean_text(v.job));
}
void put(wire::ClientRequest::Builder m, const Control& v) {
  auto b = m.initControl();
  b.setVerb(static_cast<wire::ControlVerb>(v.verb));
  b.setName(clean_text(v.name));
}
void put(wire::ClientRequest::Builder m, const ReadLogs& v) {
  auto b = m.initReadLogs();
  b.setName(clean_text(v.name));
  b.setAttempt(v.attempt);
  b.setCursor(clean_text(v.cursor));
}
void put(wire::ClientRequest::Builder m, const ReadMetrics& v) {
  auto b = m.initReadMetrics();
  b.setName(clean_text(v.name));
  put_texts(b.initSeries(v.series.size()), v.series);
  b.setAfterStep(v.after_step);
}
void put(wire::ClientRequest::Builder m, const ImportArtifact& v) {
  auto b = m.initImportArtifact();
  b.setPath(clean_text(v.path));
  b.setTag(clean_text(v.tag));
}

Submit take_submit(Border& c, wire::Submit::Reader r) {
  Submit out;
  out.spec = c.bytes("spec", r.getSpec(), limits::kTextBytesMax);
  out.file = c.path("file", r.getFile());
  out.set = take_pairs(c, "set", r.getSet(), limits::kLabelsMax);
  out.request_id = c.label("request_id", r.getRequestId());
  out.dry_run = r.getDryRun();
  return out;
}
ReadLogs take_read_logs(Border& c, wire::ReadLogs::Reader r) {
  return {c.text("name", r.getName(), kNamedBytesMax), r.getAttempt(),
          c.text("cursor", r.getCursor(), limits::kArgumentBytesMax)};
}
ReadMetrics take_read_metrics(Border& c, wire::ReadMetrics::Reader r) {
  return {c.text("name", r.getName(), kNamedBytesMax),
          take_texts(c, "series", r.getSeries(), limits::kLabelsMax, limits::kNameBytesMax),
          r.getAfterStep()};
}

ClientRequest take_request(Border& c, wire::ClientRequest::Reader m) {
  switch (m.which()) {
    case wire::ClientRequest::HELLO: {
      const auto r = m.getHello();
      return Hello{r.getVersion(), c.label("build", r.getBuild())};
    }
    case wire::ClientRequest::SUBMIT:
      return take_submit(c, m.getSubmit());
    case wire::ClientRequest::LIST: {
      const auto r = m.getList();
      return List{c.one_of("kind", r.getKind(), ListKind::kSpec),
                  c.text("name", r.getName(), kNamedBytesMax)};
    }
    case wire::ClientRequest::EXPLAIN:
      return Explain{c.text("job", m.getExplain().getJob(), kNamedBytesMax)};
    case wire::ClientRequest::CONTROL: {
      const auto r = m.getControl();
      return Control{c.one_of("verb", r.getVerb(), ControlVerb::kRetry),
                     c.text("name", r.getName(), kNamedBytesMax)};
    }
    case wire::ClientRequest::READ_LOGS:
      return take_read_logs(c, m.getReadLogs());
    case wire::ClientRequest::READ_METRICS:
      return take_read_metrics(c, m.getReadMetrics());
    case wire::ClientRequest::IMPORT_ARTIFACT: {
      const auto r = m.getImportArtifact();
      return ImportArtifact{c.path("path", r.getPath()), c.label("tag", r.getTag())};
    }
  }
  c.fail("kind", "unknown request; do the versions fit?");
  return Hello{};
}

void put(wire::ClientReply::Builder m, const HelloReply& v) {
  auto b = m.initHello();
  b.setVersion(v.version);
  b.setBuild(clean_text(v.build));
  b.setCoordinator(clean_text(v.coordinator));
  b.setPid(v.pid);
}
void put(wire::ClientReply::Builder m, const SubmitReply& v) {
  auto b = m.initSubmit();
  b.setJob(v.job.value);
  b.setRepeated(v.repeated);
  put_texts(b.initTasks(v.tasks.size()), v.tasks);
}
void put(wire::ClientReply::Builder m, const ListReply& v) { put_list_reply(m.initList(), v); }
void put(wire::ClientReply::Builder m, const ExplainReply& v) {
  auto b = m.initExplain();
  b.setJob(v.job.value);
  b.setState(static_cast<wire::State>(v.state));
  put_list(b.initReasons(v.reasons.size()), v.reasons,
           [](wire::WaitReason::Builder out, const WaitReason& reason) {
             out.setTask(clean_text(reason.task));
             out.setReason(clean_text(reason.reason));
             out.setChange(clean_text(reason.change));
           });
  b.setEstimatedStart(clean_text(v.estimated_start));
}
void put(wire::ClientReply::Builder m, const ControlReply& v) {
  auto b = m.initControl();
  b.setName(clean_text(v.name));
  b.setText(clean_text(v.text));
}
void put(wire::ClientReply::Builder m, const ReadLogsReply& v) {
  auto b = m.initReadLogs();
  put_list(b.initChunks(v.chunks.size()), v.chunks,
           [](auto out, const auto& item) { put_chunk(out, item); });
  b.setCursor(clean_text(v.cursor));
  b.setEnd(v.end);
}
void put(wire::ClientReply::Builder m, const ReadMetricsReply& v) {
  put_list(m.initReadMetrics().initPoints(v.points.size()), v.points,
           [](auto out, const auto& item) { put_point(out, item); });
}
void put(wire::ClientReply::Builder m, const ImportReply& v) {
  m.initImport().setDigest(clean_text(v.digest));
}
void put(wire::ClientReply::Builder m, const ErrorReply& v) { put_error(m.initError(), v.error); }

ExplainReply take_explain(Border& c, wire::ExplainReply::Reader r) {
  ExplainReply out;
  out.job = JobId{r.getJob()};
  out.state = c.one_of("state", r.getState(), State::kLost);
  out.reasons = take_list(c, "reasons", r.getReasons(), limits::kListItemsMax, [&](auto item) {
    return WaitReason{c.label("task", item.getTask()), c.text("reason", item.getReason()),
                      c.text("change", item.getChange())};
  });
  out.estimated_start = c.text("estimated_start", r.getEstimatedStart());
  return out;
}
ReadLogsReply take_logs(Border& c, wire::ReadLogsReply::Reader r) {
  ReadLogsReply out;
  out.chunks = take_list(c, "chunks", r.getChunks(), limits::kListItemsMax,
                         [&](auto item) { return take_chunk(c, item); });
  out.cursor = c.text("cursor", r.getCursor(), limits::kArgumentBytesMax);
  out.end = r.getEnd();
  return out;
}

ClientReply take_reply(Border& c, wire::ClientReply::Reader m) {
  switch (m.which()) {
    case wire::ClientReply::HELLO: {
      const auto r = m.getHello();
      return HelloReply{r.getVersion(), c.label("build", r.getBuild()),
                        c.path("coordinator", r.getCoordinator()), r.getPid()};
    }
    case wire::ClientReply::SUBMIT: {
      const auto r = m.getSubmit();
      return SubmitReply{JobId{r.getJob()}, r.getRepeated(),
                         take_texts(c, "tasks", r.getTasks(), limits::kTasksPerJobMax)};
    }
    case wire::ClientReply::LIST:
      return take_list_reply(c, m.getList());
    case wire::ClientReply::EXPLAIN:
      return take_explain(c, m.getExplain());
    case wire::ClientReply::CONTROL: {
      const auto r = m.getControl();
      return ControlReply{c.text("name", r.getName(), kNamedBytesMax), c.text("text", r.getText())};
    }
    case wire::ClientReply::READ_LOGS:
      return take_logs(c, m.getReadLogs());
    case wire::ClientReply::READ_METRICS:
      return ReadMetricsReply{take_list(c, "points", m.getReadMetrics().getPoints(), kPointsMax,
                                        [&](auto item) { return take_point(c, item); })};
    case wire::ClientReply::IMPORT:
      return ImportReply{c.label("digest", m.getImport().getDigest())};
    case wire::ClientReply::ERROR:
      return ErrorReply{take_error(c, m.getError())};
  }
  c.fail("kind", "unknown reply; do the versions fit?");
  return ErrorReply{};
}

}  // namespace

std::string encode(const NumberedRequest& message) {
  return write_message([&](capnp::MessageBuilder& builder) {
    auto m = builder.initRoot<wire::ClientRequest>();
    m.setTag(static_cast<std::uint32_t>(Tag::kClientRequest));
    m.setNumber(message.number);
    std::visit([&](const auto& v) { put(m, v); }, message.request);
  });
}

std::string encode(const NumberedReply& message) {
  const auto to_bytes = [&](const ClientReply& reply) {
    return write_message([&](capnp::MessageBuilder& builder) {
      auto m = builder.initRoot<wire::ClientReply>();
      m.setTag(static_cast<std::uint32_t>(Tag::kClientReply));
      m.setNumber(message.number);
      std::visit([&](const auto& v) { put(m, v); }, reply);
    });
  };
  if (const std::string bytes = to_bytes(message.reply); bytes.size() <= limits::kMessageBytesMax)
    return bytes;
  return to_bytes(ErrorReply{
      invalid("the answer has more than " + std::to_string(limits::kMessageBytesMax) + " bytes",
              "name one job or task, or ask for fewer series")});
}

Result<NumberedRequest> decode_client_request(std::string_view bytes) {
  Border border("client request");
  NumberedRequest out;
  ORCH_TRY(read_message(bytes, border, [&](capnp::MessageReader& reader) {
    const auto m = reader.getRoot<wire::ClientRequest>();
    border.tag(m.getTag(), Tag::kClientRequest);
    if (!border.ok()) return;
    out.number = border.id("number", m.getNumber());
    out.request = take_request(border, m);
  }));
  return out;
}

Result<NumberedReply> decode_client_reply(std::string_view bytes) {
  Border border("client reply");
  NumberedReply out;
  ORCH_TRY(read_message(bytes, border, [&](capnp::MessageReader& reader) {
    const auto m = reader.getRoot<wire::ClientReply>();
    border.tag(m.getTag(), Tag::kClientReply);
    if (!border.ok()) return;
    out.number = m.getNumber();
    out.reply = take_reply(border, m);
  }));
  return out;
}

}  // namespace orch::protocol
