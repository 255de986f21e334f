#pragma once
// What characters are: general category, the properties that regular expressions name, and the
// classes of Bert's normalizer. Tables are unpacked at first use and kept. Thread: any.

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "jobs/tokenizer/code_point_set.h"
#include "jobs/tokenizer/unicode_version.h"

namespace orch::tokenizer {

enum class GeneralCategory : std::uint8_t {
  kCn,
  kLu,
  kLl,
  kLt,
  kLm,
  kLo,
  kMn,
  kMc,
  kMe,
  kNd,
  kNl,
  kNo,
  kPc,
  kPd,
  kPs,
  kPe,
  kPi,
  kPf,
  kPo,
  kSm,
  kSc,
  kSk,
  kSo,
  kZs,
  kZl,
  kZp,
  kCc,
  kCf,
  kCo,
  kCs,
};
constexpr std::size_t kGeneralCategories = 30;
/// "Lu", by number.
extern const std::array<const char*, kGeneralCategories> kGeneralCategoryNames;

/// Versions before 14.0 know which characters had come, but give them the category of today.
GeneralCategory general_category(std::uint32_t code_point,
                                 UnicodeVersion version = UnicodeVersion::k16_0);

/// visit(first, last, category) until every code point was in some range; of several the last one
/// counts.
void visit_categories(
    UnicodeVersion version,
    const std::function<void(std::uint32_t, std::uint32_t, GeneralCategory)>& visit);

/// All characters of a category.
CodePointSet category_set(GeneralCategory category, UnicodeVersion version);

/// Unicode's White_Space, the same in all versions known here; also Rust's char::is_whitespace and
/// Oniguruma's \s.
bool is_white_space(std::uint32_t code_point);
/// Rust's char::is_numeric: Nd, Nl, No.
bool is_numeric(std::uint32_t code_point, UnicodeVersion version = UnicodeVersion::k17_0);

/// The characters that a property holds of: \p{name} of a regular expression. Case, spaces, '-' and
/// '_' in the name do not matter; general categories, scripts, blocks ("InCyrillic"), binary
/// properties and POSIX classes are known by their long and short names.
/// Errors: kNotFound.
Result<CodePointSet> property_set(std::string_view name,
                                  UnicodeVersion version = UnicodeVersion::k16_0);

/// The classes of Hugging Face's Bert components.
/// ASCII punctuation and P*.
bool is_bert_punctuation(std::uint32_t code_point, UnicodeVersion version = UnicodeVersion::k8_0);
/// Cc, Cf, Co without tab and line ends: what clean_text drops, with U+0000 and U+FFFD.
bool is_bert_dropped(std::uint32_t code_point, UnicodeVersion version = UnicodeVersion::k8_0);
/// Mn: what strip_accents drops after NFD.
bool is_bert_accent(std::uint32_t code_point, UnicodeVersion version = UnicodeVersion::k8_0);
/// The ranges that get a space on both sides.
bool is_bert_chinese(std::uint32_t code_point);
/// Mn, Mc, Me: what the StripAccents normalizer drops.
bool is_combining_mark(std::uint32_t code_point, UnicodeVersion version = UnicodeVersion::k9_0);

}  // namespace orch::tokenizer
