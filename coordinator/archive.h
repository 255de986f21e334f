#pragma once
// Structs ↔ bytes for records and snapshots: one list of numbered fields a struct (record_fields.h)
// serves both directions. Wire form of Protocol Buffers (varints, zigzag, length-delimited), fields
// in rising order: unknown numbers are skipped, missing ones keep their defaults, so old files stay
// readable. Reading is bounds-checked and never throws. Any thread.
// Source: protobuf.dev/programming-guides/encoding.

#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace orch::coordinator {

/// T, const or not: lets one field list serve Writer and Reader.
template <typename T, typename U>
concept Like = std::same_as<std::remove_const_t<T>, U>;

/// Largest valid value of an enum; specialised beside the field lists.
template <typename E>
constexpr std::uint64_t kEnumMax = 0;

template <typename T>
concept Varint = std::integral<T> || std::is_enum_v<T>;

class Writer {
 public:
  template <typename T>
  void operator()(std::uint32_t number, const T& value) {
    if constexpr (std::same_as<T, std::string>) {
      if (!value.empty()) bytes(number, value);
    } else if constexpr (Varint<T>) {
      varint(std::uint64_t{number} << 3);
      varint(to_word(value));
    } else {
      put(number, value);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  template <typename T>
  static std::uint64_t to_word(T value) {
    if constexpr (std::signed_integral<T>) {
      const auto v = static_cast<std::int64_t>(value);
      return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }
  void put(std::uint32_t number, const Duration& value) { (*this)(number, value.count()); }
  void put(std::uint32_t number, const WallTime& value) { (*this)(number, value.microseconds); }
  template <typename Tag>
  void put(std::uint32_t number, const Id<Tag>& value) {
    (*this)(number, value.value);
  }
  template <typename T>
  void put(std::uint32_t number, const std::vector<T>& items) {
    for (const T& item : items) element(number, item);
  }
  template <typename T>
  void put(std::uint32_t number, const std::deque<T>& items) {
    for (const T& item : items) element(number, item);
  }
  template <typename T>
  void put(std::uint32_t number, const std::set<T>& items) {
    for (const T& item : items) element(number, item);
  }
  template <typename K, typename V>
  void put(std::uint32_t number, const std::map<K, V>& items) {
    for (const auto& [key, value] : items) {
      Writer inner;
      inner(1, key);
      inner(2, value);
      bytes(number, inner.out_);
    }
  }
  template <typename T>
  requires std::is_class_v<T>
  void put(std::uint32_t number, const T& value) {
    Writer inner;
    fields(inner, value);
    bytes(number, inner.out_);
  }
  /// One of many: written even when empty.
  template <typename T>
  void element(std::uint32_t number, const T& value) {
    if constexpr (std::same_as<T, std::string>) {
      bytes(number, value);
    } else if constexpr (Varint<T>) {
      varint(std::uint64_t{number} << 3);
      varint(to_word(value));
    } else {
      put(number, value);
    }
  }
  void bytes(std::uint32_t number, std::string_view value) {
    varint(std::uint64_t{number} << 3 | 2);
    varint(value.size());
    out_.append(value);
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) { next(); }

  template <typename T>
  void operator()(std::uint32_t number, T& value) {
    while (have_ && number_ < number) next();
    if constexpr (requires { clear_items(value); }) {
      for (; have_ && number_ == number; next()) add_item(value);
    } else if (have_ && number_ == number) {
      get(value);
      next();
    }
  }
  /// False if the bytes were not a valid message or a value was out of range.
  bool finish() {
    while (have_) next();
    return ok_;
  }
  bool ok() const { return ok_; }

 private:
  template <typename T>
  static void clear_items(std::vector<T>&);
  template <typename T>
  static void clear_items(std::deque<T>&);
  template <typename T>
  static void clear_items(std::set<T>&);
  template <typename K, typename V>
  static void clear_items(std::map<K, V>&);

  template <typename T>
  void add_item(std::vector<T>& items) {
    T item{};
    get(item);
    items.push_back(std::move(item));
  }
  template <typename T>
  void add_item(std::deque<T>& items) {
    T item{};
    get(item);
    items.push_back(std::move(item));
  }
  template <typename T>
  void add_item(std::set<T>& items) {
    T item{};
    get(item);
    items.insert(std::move(item));
  }
  template <typename K, typename V>
  void add_item(std::map<K, V>& items) {
    K key{};
    V value{};
    Reader inner(text());
    inner(1, key);
    inner(2, value);
    ok_ = inner.finish() && ok_;
    items.insert_or_assign(std::move(key), std::move(value));
  }
  template <typename T>
  void get(T& value) {
    if constexpr (std::same_as<T, std::string>) {
      value = std::string(text());
    } else if constexpr (Varint<T>) {
      value = from_word<T>(word());
    } else if constexpr (std::same_as<T, Duration>) {
      value = Duration(from_word<std::int64_t>(word()));
    } else if constexpr (std::same_as<T, WallTime>) {
      value = WallTime{from_word<std::int64_t>(word())};
    } else if constexpr (requires {
                           value.value = std::uint64_t{};
                           sizeof(T) == 8;
                         }) {
      value.value = word();
    } else {
      Reader inner(text());
      fields(inner, value);
      ok_ = inner.finish() && ok_;
    }
  }
  template <typename T>
  T from_word(std::uint64_t word) {
    if constexpr (std::same_as<T, bool>) {
      ok_ = ok_ && word <= 1;
      return word != 0;
    } else if constexpr (std::is_enum_v<T>) {
      ok_ = ok_ && word <= kEnumMax<T>;
      return static_cast<T>(ok_ ? word : 0);
    } else if constexpr (std::signed_integral<T>) {
      const auto value = static_cast<std::int64_t>((word >> 1) ^ (~(word & 1) + 1));
      ok_ = ok_ && value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
      return static_cast<T>(value);
    } else {
      ok_ = ok_ && word <= std::numeric_limits<T>::max();
      return static_cast<T>(word);
    }
  }
  std::uint64_t word() {
    ok_ = ok_ && !is_bytes_;
    return word_;
  }
  std::string_view text() {
    ok_ = ok_ && is_bytes_;
    return text_;
  }
  void next();
  bool varint(std::uint64_t& value);

  std::string_view rest_;
  bool ok_ = true, have_ = false, is_bytes_ = false;
  std::uint64_t number_ = 0, word_ = 0;
  std::string_view text_;
};

inline bool Reader::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

inline void Reader::next() {
  have_ = false;
  if (!ok_ || rest_.empty()) return;
  std::uint64_t tag = 0, value = 0;
  if (!varint(tag) || !varint(value) || (tag >> 3) < number_ || (tag >> 3) == 0) {
    ok_ = false;
    return;
  }
  number_ = tag >> 3;
  is_bytes_ = (tag & 7) == 2;
  word_ = is_bytes_ ? 0 : value;
  text_ = {};
  if (is_bytes_) {
    if (value > rest_.size()) {
      ok_ = false;
      return;
    }
    text_ = rest_.substr(0, value);
    rest_.remove_prefix(value);
  } else if ((tag & 7) != 0) {
    ok_ = false;
    return;
  }
  have_ = true;
}

}  // namespace orch::coordinator
