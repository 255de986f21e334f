#include "jobs/tokenizer/fast_scan.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "jobs/tokenizer/unicode_properties.h"
#include "jobs/tokenizer/zeroed_pages.h"

namespace orch::tokenizer {

namespace {

constexpr std::uint32_t kSpaceLast = 0x3000;  // no white space above

// What the patterns have in common.
#define ORCH_CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define ORCH_WORD "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
#define ORCH_TAIL "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define ORCH_UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define ORCH_LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define ORCH_CASED_TAIL "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define ORCH_CASED(after)                                      \
  "[^\\r\\n\\p{L}\\p{N}]?" ORCH_UPPER "*" ORCH_LOWER "+" after \
  "|[^\\r\\n\\p{L}\\p{N}]?" ORCH_UPPER "+" ORCH_LOWER "*" after "|"

constexpr KnownScan kKnown[] = {
    {ScanPattern::kLlama3, ORCH_CONTRACTIONS ORCH_WORD "\\p{N}{1,3}" ORCH_TAIL},
    // The same cut, written with possessive quantifiers: none of them ever has to give back, and
    // \s*[\r\n] ends behind the last newline of the run as \s*[\r\n]+ does.
    {ScanPattern::kLlama3,
     "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++"
     "[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"},
    {ScanPattern::kLlama3,
     "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+"
     "[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
    {ScanPattern::kQwen2, ORCH_CONTRACTIONS ORCH_WORD "\\p{N}" ORCH_TAIL},
    {ScanPattern::kGpt2,
     "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},
    {ScanPattern::kGpt2,
     "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"},
    {ScanPattern::kO200k, ORCH_CASED(ORCH_CONTRACTIONS "?") "\\p{N}{1,3}" ORCH_CASED_TAIL},
    {ScanPattern::kTekken, ORCH_CASED("") "\\p{N}" ORCH_CASED_TAIL},
};

std::shared_ptr<void> make_classes() {
  using namespace scan_class;
  using enum GeneralCategory;
  constexpr std::pair<GeneralCategory, std::uint8_t> kBits[] = {{kLu, kLetter | kUpper},
                                                                {kLt, kLetter | kUpper},
                                                                {kLl, kLetter | kLower},
                                                                {kLm, kLetter},
                                                                {kLo, kLetter},
                                                                {kMn, kMark},
                                                                {kMc, kMark},
                                                                {kMe, kMark},
                                                                {kNd, kNumber},
                                                                {kNl, kNumber},
                                                                {kNo, kNumber}};
  std::shared_ptr<void> memory = zeroed_pages(kCodePointLimit);
  auto* const table = static_cast<std::uint8_t*>(memory.get());
  for (const auto& [category, bits] : kBits) {
    const CodePointSet set = category_set(category, UnicodeVersion::k16_0);
    for (const auto& [first, last] : set.ranges()) std::fill(table + first, table + last + 1, bits);
  }
  for (std::uint32_t c = 0; c <= kSpaceLast; ++c)
    if (is_white_space(c)) table[c] |= kSpace;
  for (const char c : {'\r', '\n'}) table[static_cast<std::size_t>(c)] |= kNewline;
  return memory;
}

}  // namespace

const std::uint8_t* scan_classes() {
  static const std::shared_ptr<void> table = make_classes();
  return static_cast<const std::uint8_t*>(table.get());
}

std::span<const KnownScan> known_scans() { return kKnown; }

std::optional<ScanPattern> find_scan_pattern(std::string_view regex) {
  for (const KnownScan& known : kKnown)
    if (known.regex == regex) return known.pattern;
  return std::nullopt;
}

std::size_t piece_end(ScanPattern pattern, std::string_view text, std::size_t begin) {
  const auto* bytes = reinterpret_cast<const Scanner::Byte*>(text.data());
  const Scanner scanner(bytes + text.size());
  return with_scan(pattern, [&](const auto& scan) {
    return static_cast<std::size_t>(scan(scanner, bytes + begin) - bytes);
  });
}

}  // namespace orch::tokenizer
