#pragma once
// Lower case as Rust's char::to_lowercase has it (each character by itself: no final sigma), and
// full case folding, which case-insensitive patterns compare by. Thread: any.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/code_point_set.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

/// Empty if the character is its own lower case. Lifetime: the program's.
std::span<const std::uint32_t> lower_case(std::uint32_t code_point,
                                          UnicodeVersion version = UnicodeVersion::k17_0);
/// The text is valid UTF-8.
std::string lower_case_text(std::string_view text, UnicodeVersion version = UnicodeVersion::k17_0);

/// One to three characters; empty if the character folds to itself. Lifetime: the program's.
std::span<const std::uint32_t> case_fold(std::uint32_t code_point,
                                         UnicodeVersion version = UnicodeVersion::k16_0);
/// All characters whose full folding is this sequence; among them the character itself where it is
/// one that folds to itself.
CodePointSet unfold(std::span<const std::uint32_t> folded,
                    UnicodeVersion version = UnicodeVersion::k16_0);

/// Adds every character that differs from one of the set only in case.
void close_over_case(CodePointSet& set, UnicodeVersion version = UnicodeVersion::k16_0);
/// The folded texts of two and three characters that characters of the set fold to ("ss" of ß).
std::vector<std::vector<std::uint32_t>> long_folds(const CodePointSet& set,
                                                   UnicodeVersion version = UnicodeVersion::k16_0);

}  // namespace orch::tokenizer
