#pragma once
// A tokenizer.json as plain values, checked: every reference resolves, every component and option
// is one that is known. The engines (generic pipeline, fast paths) are built from this and never
// see JSON. Nested Sequences are flattened. Immutable once parsed; thread: any.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "jobs/tokenizer/merge.h"

namespace orch::tokenizer {

/// Files larger than this are refused.
inline constexpr std::size_t kTokenizerBytesMax = std::size_t{256} << 20;
inline constexpr std::int32_t kTokenIdMax = 1 << 24;
/// Files that fill texts up to more tokens are refused.
inline constexpr std::size_t kPaddedLengthMax = std::size_t{1} << 20;
/// Sequences inside Sequences deeper than this are refused.
inline constexpr int kNestedSequencesMax = 16;

struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;
  bool normalized = false;  ///< found in the normalized text, in normalized form
  bool single_word = false;
  bool lstrip = false, rstrip = false;  ///< takes the white space on that side with it
};

/// What Split and Replace look for.
struct TextPattern {
  bool is_regex = false;
  std::string text;  ///< Oniguruma syntax, or a literal
};

enum class SplitBehavior : unsigned char {
  kRemoved,
  kIsolated,
  kMergedWithPrevious,
  kMergedWithNext,
  kContiguous,
};
enum class PrependScheme : unsigned char { kAlways, kFirst, kNever };

/// One struct for each component, with its options as the file spells them. What is "of
/// SentencePiece" stands only in files that were made from its models; the original skips it.
namespace spec {

// Normalizers.
struct Nfc {};
struct Nfd {};
struct Nfkc {};
struct Nfkd {};
struct Lowercase {};
struct StripAccents {};
struct Nmt {};
struct ByteLevelSpelling {};  ///< normalizer "ByteLevel"
struct Strip {
  bool left = true, right = true;
};
struct Prepend {
  std::string text;
};
struct Replace {  ///< a normalizer and a decoder
  TextPattern pattern;
  std::string content;
};
struct BertNormalizer {
  bool clean_text = true, handle_chinese_chars = true, strip_accents = true, lowercase = true;
};
struct Precompiled {
  std::string charsmap;  ///< decoded from base64
  /// The longest entry counts at each place, as SentencePiece has it; else clusters, as the
  /// original.
  bool longest_match = false;
};

// Pre-tokenizers.
struct ByteLevel {  ///< also a post-processor (offsets only) and a decoder (no options)
  bool add_prefix_space = true, trim_offsets = true, use_regex = true;
};
struct Split {
  TextPattern pattern;
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;
};
struct Metaspace {                     ///< also a decoder
  std::string replacement = "\u2581";  ///< one character
  PrependScheme prepend_scheme = PrependScheme::kAlways;
  bool split = true;
};
struct Whitespace {};
struct WhitespaceSplit {};
struct BertPreTokenizer {};
struct UnicodeScripts {};
struct Punctuation {
  SplitBehavior behavior = SplitBehavior::kIsolated;
};
struct Digits {
  bool individual_digits = false;
};
struct CharDelimiterSplit {
  std::string delimiter;  ///< one character
};
struct FixedLength {
  std::size_t length = 5;
};

// Post-processors.
struct TemplatePiece {
  bool is_sequence = false;
  bool second = false;  ///< sequence B of a pair
  std::vector<std::int32_t> ids;
};
struct TemplateProcessing {
  std::vector<TemplatePiece> single, pair;
};
struct BertProcessing {
  std::int32_t cls = 0, sep = 0;
};
struct RobertaProcessing {
  std::int32_t cls = 0, sep = 0;
  bool trim_offsets = true, add_prefix_space = true;
};

// Decoders.
struct ByteFallback {};
struct Fuse {};
struct StripDecoder {
  std::string content;  ///< one character
  std::size_t start = 0, stop = 0;
};
struct WordPieceDecoder {
  std::string prefix;
  bool cleanup = true;
};
struct BpeDecoder {
  std::string suffix;
};
struct Ctc {
  std::string pad_token, word_delimiter_token;
  bool cleanup = true;
};

// Models. The vocabulary itself is TokenizerFile::tokens.
struct Bpe {
  MergeList merges;                      ///< by rank, no pair twice
  std::optional<std::string> unk_token;  ///< need not be in the vocabulary
  std::string continuing_subword_prefix, end_of_word_suffix;
  bool fuse_unk = false, byte_fallback = false, ignore_merges = false;
  /// Of SentencePiece: found in the text before any merge, the longest first, and never merged.
  std::vector<std::int32_t> user_defined;
};
struct Unigram {
  std::vector<double> scores;  ///< by id
  std::optional<std::int32_t> unk_id;
  bool byte_fallback = false;
  bool only_fallback_bytes = false;  ///< of SentencePiece: "<0x41>" in a text is no such token
};
struct WordPiece {
  std::string unk_token, continuing_subword_prefix;
  std::size_t max_input_chars_per_word = 100;
};
struct WordLevel {
  std::string unk_token;
};

}  // namespace spec

using NormalizerSpec =
    std::variant<spec::Nfc, spec::Nfd, spec::Nfkc, spec::Nfkd, spec::Lowercase, spec::StripAccents,
                 spec::Nmt, spec::ByteLevelSpelling, spec::Strip, spec::Prepend, spec::Replace,
                 spec::BertNormalizer, spec::Precompiled>;
using PreTokenizerSpec =
    std::variant<spec::ByteLevel, spec::Split, spec::Metaspace, spec::Whitespace,
                 spec::WhitespaceSplit, spec::BertPreTokenizer, spec::UnicodeScripts,
                 spec::Punctuation, spec::Digits, spec::CharDelimiterSplit, spec::FixedLength>;
using PostProcessorSpec = std::variant<spec::ByteLevel, spec::TemplateProcessing,
                                       spec::BertProcessing, spec::RobertaProcessing>;
using DecoderSpec =
    std::variant<spec::ByteLevel, spec::ByteFallback, spec::Fuse, spec::StripDecoder, spec::Replace,
                 spec::Metaspace, spec::WordPieceDecoder, spec::BpeDecoder, spec::Ctc>;
using ModelSpec = std::variant<spec::Bpe, spec::Unigram, spec::WordPiece, spec::WordLevel>;

/// Of a single text: strategies differ only for pairs.
struct Truncation {
  std::size_t length_max = 512;  ///< with what the post-processor adds
  std::size_t stride = 0;        ///< changes no ids, but must be less than what is left
  bool left = false;             ///< the start is cut off
  bool second_only = false;      ///< "OnlySecond": a single text must not be too long
};
struct Padding {
  std::optional<std::size_t> fixed;  ///< none: as long as the longest of a batch
  std::size_t multiple_of = 0;       ///< 0: any length
  std::int32_t id = 0;               ///< need not be in the vocabulary
  bool left = false;
};

using TokenList = std::vector<std::string_view, PageAllocator<std::string_view>>;

struct TokenizerFile {
  /// id → spelling in the model's vocabulary; "" for a hole or an id that only an added token has.
  TokenList tokens;
  std::shared_ptr<const void> memory;  ///< what `tokens` are in; copies of this share it
  std::int32_t empty_token = -1;       ///< id of the token "" if the vocabulary holds one
  std::vector<AddedToken> added;       ///< in the file's order, ids as the original assigns them
  std::vector<NormalizerSpec> normalizers;       ///< empty: none
  std::vector<PreTokenizerSpec> pre_tokenizers;  ///< empty: none
  ModelSpec model;
  std::vector<PostProcessorSpec> post_processors;    ///< empty: none
  std::optional<std::vector<DecoderSpec>> decoders;  ///< none: tokens joined by spaces
  std::optional<Truncation> truncation;
  std::optional<Padding> padding;

  /// What a person should know: ids that differ from what the file says.
  std::vector<std::string> notes;
};

/// `readable`: how many bytes from json.data() on may be read; a few more than there are save a
/// copy.  Errors: kInvalid with `where` and the part of the file that is wrong or not supported.
Result<TokenizerFile> parse_tokenizer_file(std::string_view json, const std::string& where,
                                           std::size_t readable = 0);

}  // namespace orch::tokenizer
