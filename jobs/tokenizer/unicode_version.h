#pragma once
// Which version of Unicode each question about a character is asked of. Hugging Face `tokenizers`
// 0.23.3 itself mixes four versions, so "as the oracle" is a profile and not one number; a run may
// ask for one version in all places instead. What was used is part of a dataset's manifest.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orch::tokenizer {

enum class UnicodeVersion : std::uint8_t {
  k8_0,
  k9_0,
  k10_0,
  k11_0,
  k12_0,
  k12_1,
  k13_0,
  k14_0,
  k15_0,
  k15_1,
  k16_0,
  k17_0,
};

/// "16.0.0"
std::string version_text(UnicodeVersion version);

/// The versions of one tokenizer. The defaults are those of `tokenizers` 0.23.3.
struct UnicodeProfile {
  UnicodeVersion patterns = UnicodeVersion::k16_0;     ///< regular expressions, \p{…}, \s, \w
  UnicodeVersion normal_forms = UnicodeVersion::k9_0;  ///< NFC, NFD, NFKC, NFKD, StripAccents
  UnicodeVersion letters = UnicodeVersion::k17_0;      ///< lower case, Digits' numbers
  UnicodeVersion bert = UnicodeVersion::k8_0;          ///< Bert's punctuation, controls and marks
  bool operator==(const UnicodeProfile&) const = default;
};

/// "huggingface" (the defaults), or one version for all: "14.0.0", "15.0.0", "15.1.0", "16.0.0",
/// "17.0.0" (".0" at the end may be left out).
/// Errors: kInvalid, naming what is known.
Result<UnicodeProfile> parse_unicode_profile(std::string_view text);
/// What parse_unicode_profile reads; for manifests. A mix that has no name spells out its parts.
std::string profile_text(const UnicodeProfile& profile);

}  // namespace orch::tokenizer
