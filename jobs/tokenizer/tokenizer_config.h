#pragma once
// What tokenizer_config.json, the file beside a tokenizer, says that this library listens to.
// Thread: any.

#include <string>
#include <string_view>

#include "base/result.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

/// The token named eos_token, "" if none.  Errors: kInvalid: not JSON, wrong type.
Result<std::string> parse_end_of_text(std::string_view config_json, const std::string& where);

/// The versions of Unicode that a dataset was prepared by (key orch_unicode), the usual ones if it
/// says nothing: so training, evaluation and generation cut text as the dataset did.
/// Errors: kInvalid: not JSON, wrong type, unknown version.
Result<UnicodeProfile> parse_config_unicode(std::string_view config_json, const std::string& where);
/// The same file with that key; without it for the usual versions.  Errors: kInvalid: not JSON.
Result<std::string> with_config_unicode(std::string_view config_json,
                                        const UnicodeProfile& unicode);

}  // namespace orch::tokenizer
