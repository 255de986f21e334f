#include "jobs/tokenizer/fast_scan.h"

#include <algorithm>
#include <array>
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
  constexpr auto kBits = [] {
    std::array<std::uint8_t, kGeneralCategories> bits{};
    for (const GeneralCategory c : {kLu, kLt, kLl, kLm, kLo})
      bits[static_cast<std::size_t>(c)] = kLetter;
    for (const GeneralCategory c : {kLu, kLt}) bits[static_cast<std::size_t>(c)] |= kUpper;
    bits[static_cast<std::size_t>(kLl)] |= kLower;
    for (const GeneralCategory c : {kMn, kMc, kMe}) bits[static_cast<std::size_t>(c)] = kMark;
    for (const GeneralCategory c : {kNd, kNl, kNo}) bits[static_cast<std::size_t>(c)] = kNumber;
    return bits;
  }();
  std::shared_ptr<void> memory = zeroed_pages(kCodePointLimit);
  auto* const table = static_cast<std::uint8_t*>(memory.get());
  visit_categories(UnicodeVersion::k16_0,
                   [&](std::uint32_t first, std::uint32_t last, GeneralCategory category) {
                     const std::uint8_t bits = kBits[static_cast<std::size_t>(category)];
                     // What has no bits is zero as it is, unless a change takes some away.
                     if (bits != 0 || first == last)
                       std::fill(table + first, table + last + 1, bits);
                   });
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
