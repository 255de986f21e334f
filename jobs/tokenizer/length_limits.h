#pragma once
// The sections `truncation` and `padding` of a tokenizer.json: a text's tokens are cut to a length
// before the post-processor adds its own, and filled up after it did. Pure; thread: any.

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/post_processor.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

/// Leaves at most as many tokens as fit once the post-processor has added `added` to them; all of
/// them where those alone are too many, as the original does.
/// Errors: kInvalid: what the original fails on (a cut of the second text only, a stride as long
/// as what is left).
Result<void> truncate_tokens(const Truncation& limits, std::size_t added,
                             std::vector<EncodedToken>& tokens);

/// Fills one text up, as if it were a batch by itself.
void pad_tokens(const Padding& padding, std::vector<EncodedToken>& tokens);

}  // namespace orch::tokenizer
