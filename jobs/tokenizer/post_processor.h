#pragma once
// What the post-processors of a tokenizer.json add to the ids of a text, and what they do to its
// offsets. Immutable; thread: any.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "jobs/tokenizer/aligned_text.h"
#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

struct EncodedToken {
  std::int32_t id = 0;
  InputSpan at;  ///< empty at 0 for what a post-processor added
  /// White space (or its byte-level spelling) at both ends of the token, in characters.
  std::uint32_t leading = 0, trailing = 0;
};

/// True if some post-processor cuts white space off the offsets: `leading` and `trailing` must be
/// there.
bool trims_offsets(const std::vector<PostProcessorSpec>& processors);
/// Sets `leading` and `trailing` from the token's spelling.
void count_white_space(std::string_view spelling, EncodedToken& token);

/// How many tokens the processors add to one text.
std::size_t added_by(const std::vector<PostProcessorSpec>& processors);

/// `input` is the text the offsets are of. `special`: add what templates add.
std::vector<EncodedToken> post_process(const std::vector<PostProcessorSpec>& processors,
                                       std::vector<EncodedToken> tokens, std::string_view input,
                                       bool special);

}  // namespace orch::tokenizer
