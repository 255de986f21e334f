#pragma once
// A tokenizer.json as plain values, checked: every reference resolves, every component is one that
// is supported. Thread: any.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/bpe.h"
#include "jobs/tokenizer/pre_tokenizer.h"

namespace orch::tokenizer {

/// Files larger than this are refused.
inline constexpr std::size_t kTokenizerBytesMax = std::size_t{256} << 20;
inline constexpr std::int32_t kTokenIdMax = 1 << 24;

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;
  bool normalized = false;
};

struct TokenizerFile {
  std::vector<std::string>
      tokens;  ///< id → spelling in the vocabulary; "" for a hole or an added token
  std::vector<Merge> merges;  ///< by rank
  std::array<std::int32_t, 256> byte_ids{};
  bool ignore_merges = false;
  bool add_prefix_space = false;
  SplitPattern pattern = SplitPattern::kLlama3;
  std::vector<AddedToken> added;
  std::vector<std::int32_t> before, after;  ///< what the post-processor puts around a text
};

/// Errors: kInvalid with `where` and the part of the file that is wrong or not supported.
Result<TokenizerFile> parse_tokenizer_file(std::string_view json, const std::string& where);

/// The token named eos_token in a tokenizer_config.json, "" if none.  Errors: kInvalid: not JSON,
/// wrong type.
Result<std::string> parse_end_of_text(std::string_view config_json, const std::string& where);

}  // namespace orch::tokenizer
