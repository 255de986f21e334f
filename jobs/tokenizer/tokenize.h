#pragma once
// The core of `orch-tool tokenize`, `detokenize` and `train-tokenizer`: JSON lines in, JSON lines
// out.

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/tokenizer.h"

namespace orch::tokenizer {

struct TokenizeOptions {
  bool special = false;  ///< add BOS/EOS as the post-processor says
  bool count = false;    ///< print only {"documents":…, "tokens":…, "bytes":…, "seconds":…}
  int threads = 1;
};

/// Lines {"text": …} of `path` ("-": standard input; .gz and .zst by name) → lines {"ids": […]} on
/// `out`. Errors: kInvalid with file and line.
Result<void> tokenize_file(const Tokenizer& tokenizer, const std::string& path,
                           const TokenizeOptions& options, std::FILE* out);
/// Lines {"ids": […]} → lines {"text": …}; with `count` only what TokenizeOptions::count prints,
/// the seconds those of decoding.
Result<void> detokenize_file(const Tokenizer& tokenizer, const std::string& path, bool count,
                             std::FILE* out);

}  // namespace orch::tokenizer
