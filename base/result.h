#pragma once
// Expected failure as a value. Every fallible function of Orch returns Result<T>; a bug is
// ORCH_CHECK (base/check.h). Owned by value; no allocation on success. Any thread.

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace orch {

/// What the caller can do about a failure. Each code is a different act, not a different cause.
enum class Code : unsigned char {
  kInvalid,      ///< the input is wrong: reject it, tell its author (exit 2)
  kNotFound,     ///< no such thing (exit 3)
  kUnavailable,  ///< try again later: peer away, disk full, resource busy (exit 4)
  kDenied,       ///< not allowed: key, role, fencing (exit 5)
  kConflict,     ///< already there with other content, or a stale attempt (exit 2)
  kCorrupt,   ///< bytes on disk or wire do not match their digest or format: give up on this copy
  kInternal,  ///< a driver, library or system call failed (exit 1)
};

/// Lower-case name for logs and JSON: "invalid", "not_found", …
const char* code_name(Code code);

/// One line for people: what happened and where; `hint` is what to type or do next (may be empty).
struct Error {
  Code code = Code::kInternal;
  std::string message;
  std::string hint = {};
};

inline Error invalid(std::string m, std::string hint = {}) {
  return {Code::kInvalid, std::move(m), std::move(hint)};
}
inline Error not_found(std::string m, std::string hint = {}) {
  return {Code::kNotFound, std::move(m), std::move(hint)};
}
inline Error unavailable(std::string m, std::string hint = {}) {
  return {Code::kUnavailable, std::move(m), std::move(hint)};
}
inline Error denied(std::string m, std::string hint = {}) {
  return {Code::kDenied, std::move(m), std::move(hint)};
}
inline Error conflict(std::string m, std::string hint = {}) {
  return {Code::kConflict, std::move(m), std::move(hint)};
}
inline Error corrupt(std::string m, std::string hint = {}) {
  return {Code::kCorrupt, std::move(m), std::move(hint)};
}
inline Error internal(std::string m, std::string hint = {}) {
  return {Code::kInternal, std::move(m), std::move(hint)};
}

/// Error from errno: "what: strerror". ENOSPC and EAGAIN are kUnavailable, ENOENT kNotFound, EACCES
/// kDenied.
Error system_error(const std::string& what, int error_number);

/// A T or an Error. Reading the wrong side is a bug (ORCH_CHECK).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : value_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    ORCH_CHECK(ok(), "Result holds an error: %s", std::get<1>(value_).message.c_str());
    return std::get<0>(value_);
  }
  const T& value() const& {
    ORCH_CHECK(ok(), "Result holds an error: %s", std::get<1>(value_).message.c_str());
    return std::get<0>(value_);
  }
  T&& value() && {
    ORCH_CHECK(ok(), "Result holds an error: %s", std::get<1>(value_).message.c_str());
    return std::get<0>(std::move(value_));
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

  const Error& error() const {
    ORCH_CHECK(!ok(), "Result holds a value, not an error");
    return std::get<1>(value_);
  }

 private:
  std::variant<T, Error> value_;
};

/// Success without a value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { ORCH_CHECK(ok(), "Result holds an error: %s", error_->message.c_str()); }
  const Error& error() const {
    ORCH_CHECK(!ok(), "Result holds a value, not an error");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace orch

#define ORCH_CONCAT_INNER(a, b) a##b
#define ORCH_CONCAT(a, b) ORCH_CONCAT_INNER(a, b)

/// Returns the error of a Result<…> expression to the caller, or goes on.
#define ORCH_TRY(expr)                                                                        \
  do {                                                                                        \
    if (auto orch_try_result = (expr); !orch_try_result.ok()) return orch_try_result.error(); \
  } while (false)

/// `ORCH_ASSIGN(auto x, f());`: x is the value, or the error is returned to the caller.
#define ORCH_ASSIGN(declaration, expr)                  \
  auto ORCH_CONCAT(orch_result_, __LINE__) = (expr);    \
  if (!ORCH_CONCAT(orch_result_, __LINE__).ok())        \
    return ORCH_CONCAT(orch_result_, __LINE__).error(); \
  declaration = std::move(ORCH_CONCAT(orch_result_, __LINE__)).value()
