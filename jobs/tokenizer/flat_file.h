#pragma once
// A file of plain arrays that is used where it is mapped. Written once, under another name and then
// renamed; what was not written whole, by another version, or for other content is not used.
// Thread: a file serves any; writing and reading one.

#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace orch::tokenizer {

/// 128 bits over some bytes; tells files apart, no defence against forgery.
struct ContentDigest {
  std::uint64_t low = 0, high = 0;
  bool operator==(const ContentDigest&) const = default;
};
ContentDigest content_digest(std::string_view bytes);

/// Lifetime: large arrays are not copied; they outlive write().
class FlatWriter {
 public:
  template <typename T>
  void value(const T& v) {
    static_assert(sizeof(T) < kCopiedBytesMax);
    array(std::span<const T>(&v, 1));
  }
  template <typename T>
  void array(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    append({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  void text(std::string_view text) { append(text); }

  /// Not made durable: what a crash damages is found to be damaged. Errors: kUnavailable with
  /// the path. `source`: digest of what the content was made from.
  Result<void> write(const std::string& path, const ContentDigest& source) const;

 private:
  static constexpr std::size_t kCopiedBytesMax = 4096;
  /// What stands in the file: `text`, or that many bytes of copied_, in their order.
  struct Part {
    std::string_view text;
    std::size_t copied_bytes = 0;
  };

  void append(std::string_view bytes);
  void copy(std::string_view bytes);

  std::vector<Part> parts_;
  std::string copied_;
};

/// Reads what FlatWriter wrote, in the same order. After a part that is not there or has another
/// size everything is empty and ok() false.
class FlatReader {
 public:
  FlatReader() = default;
  /// Not ok() if the file is absent, damaged or of another version.
  static FlatReader open(const std::string& path);
  /// What the content was made from.
  const ContentDigest& source() const { return source_; }

  bool ok() const { return ok_; }
  /// Keeps the arrays alive.
  std::shared_ptr<const void> keeper() const { return mapping_; }

  template <typename T>
  std::span<const T> array() {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 64);
    const std::string_view bytes = part();
    if (bytes.size() % sizeof(T) != 0) ok_ = false;
    if (!ok_) return {};
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T>
  T value() {
    const auto one = array<T>();
    if (one.size() != 1) ok_ = false;
    return ok_ ? one[0] : T();
  }
  std::string_view text() {
    const auto chars = array<char>();
    return {chars.data(), chars.size()};
  }

 private:
  std::string_view part();

  std::shared_ptr<const void> mapping_;
  std::string_view rest_;
  ContentDigest source_;
  bool ok_ = false;
};

}  // namespace orch::tokenizer
