#pragma once
// What the codec_*.cc files share: Border checks fields while a message is read and keeps the first
// violation; the templates convert what several schemas use. No capnp header here: templates take
// builders and readers as they come. Internal to protocol/ and to the control log's record codec.
// Pure; one Border, one message.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "protocol/messages.h"

namespace capnp {
class MessageBuilder;
class MessageReader;
}  // namespace capnp

namespace orch::protocol {

/// Envelope tags, "OR" and a number; another tag is not our message.
enum class Tag : std::uint32_t {
  kClientRequest = 0x4f520101,
  kClientReply = 0x4f520102,
  kWorker = 0x4f520103,
  kCoordinator = 0x4f520104,
  kToRank = 0x4f520105,
  kFromRank = 0x4f520106,
};

/// Collects the first violation of one message. Every method returns a harmless value after one.
class Border {
 public:
  explicit Border(const char* message) : message_(message) {}
  bool ok() const { return first_.empty(); }
  void fail(const char* field, const std::string& what);
  /// kCorrupt: "heartbeat: rank: 5000 is not in 0..4095". Bug if ok().
  Error error() const;

  void tag(std::uint32_t found, Tag expected);
  std::string text(const char* field, const char* data, std::size_t size_bytes, std::size_t max);
  std::string bytes(const char* field, const unsigned char* data, std::size_t size_bytes,
                    std::size_t max);
  std::int64_t number(const char* field, std::int64_t value, std::int64_t low, std::int64_t high);
  std::uint64_t id(const char* field, std::uint64_t value);
  /// A job's, task's or worker's name.
  std::string name(const char* field, const char* data, std::size_t size_bytes);
  bool list_fits(const char* field, std::size_t size, std::size_t max);

  template <typename Text>
  std::string text(const char* field, const Text& t, std::size_t max = limits::kTextBytesMax) {
    return text(field, t.begin(), t.size(), max);
  }
  template <typename Text>
  std::string label(const char* field, const Text& t) {
    return text(field, t.begin(), t.size(), limits::kNameBytesMax);
  }
  template <typename Text>
  std::string path(const char* field, const Text& t) {
    return text(field, t.begin(), t.size(), limits::kPathBytesMax);
  }
  template <typename Text>
  std::string name(const char* field, const Text& t) {
    return name(field, t.begin(), t.size());
  }
  template <typename Data>
  std::string bytes(const char* field, const Data& d, std::size_t max) {
    return bytes(field, d.begin(), d.size(), max);
  }
  template <typename Enum, typename Wire>
  Enum one_of(const char* field, Wire value, Enum last) {
    return static_cast<Enum>(
        number(field, static_cast<std::uint16_t>(value), 0, static_cast<std::int64_t>(last)));
  }
  int rank(const char* field, std::int64_t value) {
    return static_cast<int>(number(field, value, 0, limits::kRanksPerTaskMax - 1));
  }
  int count(const char* field, std::int64_t value, std::int64_t high = 1'000'000'000) {
    return static_cast<int>(number(field, value, 0, high));
  }
  std::int64_t step(const char* field, std::int64_t value) {
    return number(field, value, 0, std::int64_t{1} << 53);
  }
  Duration duration(const char* field, std::int64_t nanoseconds) {
    return Duration(number(field, nanoseconds, 0, std::int64_t{1} << 60));
  }

 private:
  const char* message_;
  std::string first_;
};

/// Runs `fill` on a fresh builder and returns the flat bytes.
std::string write_message(const std::function<void(capnp::MessageBuilder&)>& fill);
/// Opens `bytes` with limits and runs `read`; kj's exceptions become kCorrupt, as do trailing
/// bytes.
Result<void> read_message(std::string_view bytes, Border& border,
                          const std::function<void(capnp::MessageReader&)>& read);

/// Text that the other side will accept: what is not printable UTF-8 becomes '?'.
std::string clean_text(const std::string& text);
inline const unsigned char* raw(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

template <typename List, typename Items, typename Put>
void put_list(List list, const Items& items, Put put) {
  unsigned i = 0;
  for (const auto& item : items) put(list[i++], item);
}
template <typename List>
void put_texts(List list, const std::vector<std::string>& items) {
  unsigned i = 0;
  for (const auto& item : items) list.set(i++, clean_text(item));
}
template <typename List>
void put_numbers(List list, const std::vector<int>& items) {
  unsigned i = 0;
  for (const int item : items) list.set(i++, item);
}
template <typename List>
void put_pairs(List list, const std::map<std::string, std::string>& items) {
  unsigned i = 0;
  for (const auto& [key, value] : items) {
    auto pair = list[i++];
    pair.setKey(clean_text(key));
    pair.setValue(clean_text(value));
  }
}

/// take(item) → an element of the result.
template <typename List, typename Take>
auto take_list(Border& b, const char* field, const List& list, std::size_t max, Take take) {
  std::vector<decltype(take(list[0]))> out;
  if (!b.list_fits(field, list.size(), max)) return out;
  out.reserve(list.size());
  for (const auto& item : list) {
    out.push_back(take(item));
    if (!b.ok()) break;
  }
  return out;
}
template <typename List>
std::vector<std::string> take_texts(Border& b, const char* field, const List& list, std::size_t max,
                                    std::size_t bytes_max = limits::kPathBytesMax) {
  return take_list(b, field, list, max,
                   [&](const auto& item) { return b.text(field, item, bytes_max); });
}
template <typename List>
std::vector<int> take_numbers(Border& b, const char* field, const List& list, std::int64_t high) {
  return take_list(b, field, list, limits::kRanksPerTaskMax,
                   [&](std::int64_t item) { return b.count(field, item, high); });
}
template <typename List>
std::map<std::string, std::string> take_pairs(Border& b, const char* field, const List& list,
                                              std::size_t max) {
  std::map<std::string, std::string> out;
  if (!b.list_fits(field, list.size(), max)) return out;
  for (const auto& pair : list) {
    std::string key = b.text(field, pair.getKey(), limits::kPathBytesMax);
    if (!out.emplace(std::move(key), b.text(field, pair.getValue(), limits::kArgumentBytesMax))
             .second)
      b.fail(field, "the same key twice");
  }
  return out;
}

template <typename Builder>
void put_task(Builder b, const TaskId& v) {
  b.setJob(v.job.value);
  b.setTask(clean_text(v.task));
}
template <typename Reader>
TaskId take_task(Border& b, const Reader& r) {
  return {JobId{b.id("job", r.getJob())}, b.name("task", r.getTask())};
}
template <typename Builder>
void put_attempt(Builder b, const AttemptId& v) {
  put_task(b.initTask(), v.task);
  b.setAttempt(v.attempt.value);
}
template <typename Reader>
AttemptId take_attempt(Border& b, const Reader& r) {
  return {take_task(b, r.getTask()), Attempt{b.id("attempt", r.getAttempt())}};
}
template <typename Builder>
void put_error(Builder b, const Error& v) {
  b.setCode(static_cast<decltype(b.asReader().getCode())>(v.code));
  b.setMessage(clean_text(v.message));
  b.setHint(clean_text(v.hint));
}
template <typename Reader>
Error take_error(Border& b, const Reader& r) {
  Error out;
  out.code = b.one_of("code", r.getCode(), Code::kInternal);
  out.message = b.text("message", r.getMessage());
  out.hint = b.text("hint", r.getHint());
  return out;
}
template <typename Builder>
void put_chunk(Builder b, const LogChunk& v) {
  put_attempt(b.initAttempt(), v.attempt);
  b.setRank(v.rank);
  b.setOffset(v.offset);
  b.setBytes({raw(v.bytes), v.bytes.size()});
}
template <typename Reader>
LogChunk take_chunk(Border& b, const Reader& r) {
  LogChunk out;
  out.attempt = take_attempt(b, r.getAttempt());
  out.rank = b.rank("rank", r.getRank());
  out.offset = r.getOffset();
  out.bytes = b.bytes("bytes", r.getBytes(), limits::kLogChunkBytesMax);
  if (out.offset > (std::uint64_t{1} << 60)) b.fail("offset", "beyond 2^60");
  return out;
}
template <typename Builder>
void put_point(Builder b, const MetricPoint& v) {
  b.setSeries(clean_text(v.series));
  b.setStep(v.step);
  b.setValue(v.value);
  b.setAt(v.at.microseconds);
  b.setAttempt(v.attempt);
}
template <typename Reader>
MetricPoint take_point(Border& b, const Reader& r) {
  MetricPoint out;
  out.series = b.label("series", r.getSeries());
  out.step = r.getStep();
  out.value = r.getValue();
  out.at.microseconds = r.getAt();
  out.attempt = r.getAttempt();
  return out;
}

/// Bytes of a message that is a union of plain structs; `put(builder, alternative)` writes one.
template <typename Wire, typename Message, typename Put>
std::string encode_union(Tag tag, const Message& message, const Put& put) {
  return write_message([&](auto& builder) {
    auto m = builder.template initRoot<Wire>();
    m.setTag(static_cast<std::uint32_t>(tag));
    std::visit([&](const auto& alternative) { put(m, alternative); }, message);
  });
}
/// The reverse; `take(border, reader)` checks and reads. `name` stands in errors.
template <typename Message, typename Wire, typename Take>
Result<Message> decode_union(const char* name, Tag tag, std::string_view bytes, const Take& take) {
  Border border(name);
  Message out;
  const auto read = [&](auto& reader) {
    const auto m = reader.template getRoot<Wire>();
    border.tag(m.getTag(), tag);
    if (border.ok()) out = take(border, m);
  };
  ORCH_TRY(read_message(bytes, border, read));
  return out;
}

}  // namespace orch::protocol
