#include "jobs/tokenizer/unicode_version.h"

#include <array>

namespace orch::tokenizer {

namespace {

constexpr std::array kTexts = {"8.0.0",  "9.0.0",  "10.0.0", "11.0.0", "12.0.0", "12.1.0",
                               "13.0.0", "14.0.0", "15.0.0", "15.1.0", "16.0.0", "17.0.0"};
constexpr const char* kOracle = "huggingface";

UnicodeProfile one(UnicodeVersion v) { return {v, v, v, v}; }

}  // namespace

std::string version_text(UnicodeVersion version) {
  return kTexts.at(static_cast<std::size_t>(version));
}

Result<UnicodeProfile> parse_unicode_profile(std::string_view text) {
  if (text == kOracle) return UnicodeProfile();
  for (auto i = static_cast<std::size_t>(UnicodeVersion::k14_0); i < kTexts.size(); ++i) {
    const std::string_view known = kTexts[i];
    if (text == known || text == known.substr(0, known.size() - 2))
      return one(static_cast<UnicodeVersion>(i));
  }
  return invalid("unicode: '" + std::string(text) + "' is not known",
                 "huggingface, 14.0.0, 15.0.0, 15.1.0, 16.0.0 or 17.0.0");
}

std::string profile_text(const UnicodeProfile& profile) {
  if (profile == UnicodeProfile()) return kOracle;
  if (profile == one(profile.patterns)) return version_text(profile.patterns);
  return "patterns " + version_text(profile.patterns) + ", normal forms " +
         version_text(profile.normal_forms) + ", letters " + version_text(profile.letters) +
         ", bert " + version_text(profile.bert);
}

}  // namespace orch::tokenizer
