#pragma once
// The four normal forms, with the alignment that Hugging Face's NormalizedString keeps, and quick
// checks that let text which is already in a form pass at memory speed. Thread: any.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

enum class NormalForm : std::uint8_t { kNfc, kNfd, kNfkc, kNfkd };

/// The versions that normal forms default to: see UnicodeProfile.
constexpr UnicodeVersion kNormalFormVersion = UnicodeVersion::k9_0;

/// True only if the text is in the form; false means that it may not be.
/// The text is valid UTF-8.
bool is_normalized_quick(std::string_view text, NormalForm form,
                         UnicodeVersion version = kNormalFormVersion);

/// The longest prefix that is certainly in the form whatever follows it: normalizing the rest alone
/// and appending it gives the form of the whole.
std::size_t normalized_prefix(std::string_view text, NormalForm form,
                              UnicodeVersion version = kNormalFormVersion);

std::string normalize(std::string_view text, NormalForm form,
                      UnicodeVersion version = kNormalFormVersion);

/// One character of the output. `change` says how many characters of the input it stands for: 0:
/// the next one; 1: none, it is inserted; -n: the next one and n more.
struct CharacterChange {
  std::uint32_t code_point = 0;
  std::int32_t change = 0;
  bool operator==(const CharacterChange&) const = default;
};
/// As the oracle's normalizers: appends the whole output.
void normalize_changes(std::string_view text, NormalForm form, std::vector<CharacterChange>& out,
                       UnicodeVersion version = kNormalFormVersion);

}  // namespace orch::tokenizer
