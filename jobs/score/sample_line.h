#pragma once
// One line of a samples file: picks a few members out of a long JSON object without building it.
// Every byte is checked against the grammar, the rest is skipped in place. Thread: any.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace orch::score {

enum class JsonKind : unsigned char {
  kAbsent,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kNotFinite,  ///< NaN, Infinity, -Infinity, which Python writes
  kArray,
  kObject
};

/// A member that is wanted, and after scan_line() its value.
struct Member {
  std::string_view key;
  JsonKind kind = JsonKind::kAbsent;
  std::string_view text = {};      ///< a string without its quotes, a number, an array
  bool escaped = false;            ///< the string holds a backslash
  std::span<Member> members = {};  ///< wanted of an object
};

/// Fills `members` from the object that `line` is. Returns "" or what is wrong, with the byte.
/// Refused: anything that is not JSON in UTF-8 but for NaN and infinities, a lone surrogate, depth
/// beyond 512, a wanted member that is there twice.
/// Lifetime: texts point into `line`.
std::string scan_line(std::string_view line, std::span<Member> members);

/// The characters of a string member.
std::string member_text(const Member& member);

}  // namespace orch::score
