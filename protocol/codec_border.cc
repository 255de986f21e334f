#include "protocol/codec_border.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstring>

#include "protocol/error_text.h"

namespace orch::protocol {

void Border::fail(const char* field, const std::string& what) {
  if (first_.empty()) first_ = std::string(message_) + ": " + field + ": " + what;
}

Error Border::error() const {
  ORCH_CHECK(!ok(), "a message without a violation has no error");
  return corrupt(first_);
}

void Border::tag(std::uint32_t found, Tag expected) {
  if (found != static_cast<std::uint32_t>(expected))
    fail("tag", std::to_string(found) + " is not this conversation's; do the versions fit?");
}

std::string Border::text(const char* field, const char* data, std::size_t size_bytes,
                         std::size_t max) {
  const std::string_view view(data, size_bytes);
  if (size_bytes > max) {
    fail(field, std::to_string(size_bytes) + " bytes, at most " + std::to_string(max));
    return {};
  }
  if (!is_text(view)) {
    fail(field, "not UTF-8 text");
    return {};
  }
  return std::string(view);
}

std::string Border::bytes(const char* field, const unsigned char* data, std::size_t size_bytes,
                          std::size_t max) {
  if (size_bytes > max) {
    fail(field, std::to_string(size_bytes) + " bytes, at most " + std::to_string(max));
    return {};
  }
  return {reinterpret_cast<const char*>(data), size_bytes};
}

std::int64_t Border::number(const char* field, std::int64_t value, std::int64_t low,
                            std::int64_t high) {
  if (value >= low && value <= high) return value;
  fail(field,
       std::to_string(value) + " is not in " + std::to_string(low) + ".." + std::to_string(high));
  return low;
}

std::uint64_t Border::id(const char* field, std::uint64_t value) {
  if (value == 0 || value > (std::uint64_t{1} << 60))
    fail(field, std::to_string(value) + " is no number from 1 to 2^60");
  return value;
}

std::string Border::name(const char* field, const char* data, std::size_t size_bytes) {
  const std::string_view view(data, size_bytes);
  if (!is_valid_name(view)) {
    fail(field, "not a name ([a-z0-9][a-z0-9._-]*, at most 128 bytes)");
    return {};
  }
  return std::string(view);
}

bool Border::list_fits(const char* field, std::size_t size, std::size_t max) {
  if (size <= max) return true;
  fail(field, std::to_string(size) + " items, at most " + std::to_string(max));
  return false;
}

std::string write_message(const std::function<void(capnp::MessageBuilder&)>& fill) {
  capnp::MallocMessageBuilder builder;
  fill(builder);
  const kj::Array<capnp::word> words = capnp::messageToFlatArray(builder);
  const auto bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

Result<void> read_message(std::string_view bytes, Border& border,
                          const std::function<void(capnp::MessageReader&)>& read) {
  if (bytes.size() > limits::kMessageBytesMax)
    border.fail("size", std::to_string(bytes.size()) + " bytes, at most " +
                            std::to_string(limits::kMessageBytesMax));
  else if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    border.fail("size", std::to_string(bytes.size()) + " bytes are not whole words");
  if (!border.ok()) return border.error();
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), bytes.size());
  capnp::ReaderOptions options;
  // Pointers may point at the same bytes twice; what is read in all stays within a few times the
  // message.
  options.traversalLimitInWords = 4 * words.size() + 1024;
  options.nestingLimit = 16;
  try {
    capnp::FlatArrayMessageReader reader(words, options);
    if (reader.getEnd() != words.end())
      border.fail("size", "bytes behind the message");
    else
      read(reader);
  } catch (const kj::Exception& e) {
    border.fail("bytes", e.getDescription().cStr());
  } catch (const std::exception& e) {
    border.fail("bytes", e.what());
  }
  if (!border.ok()) return border.error();
  return {};
}

std::string clean_text(const std::string& text) {
  if (is_text(text)) return text;
  std::string out = text;
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x7f || (byte < 0x20 && c != '\t' && c != '\n' && c != '\r')) c = '?';
  }
  return out;
}

}  // namespace orch::protocol
