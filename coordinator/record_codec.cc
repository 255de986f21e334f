#include "coordinator/record_codec.h"

#include "coordinator/record_fields.h"

namespace orch::coordinator {
namespace {

/// What stands in the log: one record in its envelope. `kind` is 1 + index in the variant.
struct Envelope {
  std::uint32_t version = 0, kind = 0;
  std::string body;
};
template <class A>
void fields(A& a, Like<Envelope> auto& v) {
  a(1, v.version), a(2, v.kind), a(3, v.body);
}

template <std::size_t I = 0>
bool decode_body(std::size_t index, std::string_view body, Record& out) {
  if constexpr (I < std::variant_size_v<Record>) {
    if (index != I) return decode_body<I + 1>(index, body, out);
    Reader reader(body);
    fields(reader, out.template emplace<I>());
    return reader.finish();
  }
  return false;
}

}  // namespace

std::string encode_record(const Record& record) {
  Writer body;
  std::visit([&](const auto& fact) { fields(body, fact); }, record);
  const Envelope envelope{kRecordVersion, static_cast<std::uint32_t>(record.index() + 1),
                          body.take()};
  Writer writer;
  fields(writer, envelope);
  return writer.take();
}

Result<Record> decode_record(std::string_view bytes) {
  Reader reader(bytes);
  Envelope envelope;
  fields(reader, envelope);
  if (!reader.finish() || envelope.body.empty()) {
    return corrupt("a record of the control log has a broken envelope");
  }
  if (envelope.version == 0 || envelope.version > kRecordVersion ||
      envelope.kind > std::variant_size_v<Record>) {
    return invalid("the control log has records of version " + std::to_string(envelope.version) +
                       ", kind " + std::to_string(envelope.kind) +
                       ", which this program cannot read",
                   "start the newer orch-coordinator that wrote it");
  }
  Record record;
  if (envelope.kind == 0 || !decode_body(envelope.kind - 1, envelope.body, record)) {
    return corrupt("a record of the control log of kind " + std::to_string(envelope.kind) +
                   " has broken fields");
  }
  return record;
}

}  // namespace orch::coordinator
