#pragma once
// The characters of words as Rust's regex crate has them in \w: what Whitespace and single-word
// added tokens ask. Immutable; thread: any.

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "jobs/tokenizer/code_point_set.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

class WordCharacters {
 public:
  explicit WordCharacters(UnicodeVersion version);
  bool contains(std::uint32_t code_point) const {
    return code_point < 0x80 ? ascii_[code_point] : set_.contains(code_point);
  }
  /// The first (last) character of the text is one.
  bool starts(std::string_view text) const;
  bool ends(std::string_view text) const;

 private:
  bool ascii_[0x80] = {};
  CodePointSet set_;
};

}  // namespace orch::tokenizer
