#pragma once
// The tokenizers of sacreBLEU. Thread: any.

#include <string>

#include "base/result.h"
#include "jobs/score/segmenter.h"

namespace orch::score {

enum class SacrebleuTokenizer : unsigned char { k13a, kZh, kJaMecab, kChar, kIntl, kNone };

/// "13a", "zh", "ja-mecab", "char", "intl", "none"; "" is by language.  Errors: kInvalid.
Result<SacrebleuTokenizer> parse_sacrebleu_tokenizer(const std::string& name, Language language);

/// The words of one segment.  Errors: kNotFound: the Japanese dictionary is missing.
/// Source: sacrebleu/tokenizers/ 2.6.0.
Result<Words> sacrebleu_words(SacrebleuTokenizer tokenizer, TextView segment, Segmenter& segmenter);

/// The tok: part of a signature.
Result<std::string> tokenizer_signature(SacrebleuTokenizer tokenizer, Segmenter& segmenter);

}  // namespace orch::score
