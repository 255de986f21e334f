#include "jobs/tokenizer/pre_tokenizer.h"

#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

struct Known {
  SplitPattern pattern;
  std::string_view regex;
};
// What Llama 3 and Qwen 2 have in common, before and after their numbers.
#define ORCH_LLAMA_HEAD "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|"
#define ORCH_LLAMA_TAIL "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"

constexpr Known kKnown[] = {
    {SplitPattern::kLlama3, ORCH_LLAMA_HEAD "\\p{N}{1,3}" ORCH_LLAMA_TAIL},
    {SplitPattern::kQwen2, ORCH_LLAMA_HEAD "\\p{N}" ORCH_LLAMA_TAIL},
    {SplitPattern::kGpt2,
     R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"},
};

/// A position in the text with the class of its character.
class Cursor {
 public:
  Cursor(std::string_view text, std::size_t position) : text_(text), position_(position) { read(); }
  bool at_end() const { return character_.size_bytes == 0; }
  std::size_t position() const { return position_; }
  std::uint32_t code_point() const { return character_.code_point; }
  bool is(CharClass c) const { return !at_end() && class_ == c; }
  bool is_newline() const { return !at_end() && (code_point() == '\r' || code_point() == '\n'); }
  void advance() {
    position_ += character_.size_bytes;
    read();
  }
  void skip(CharClass c) {
    while (is(c)) advance();
  }
  void skip_newlines() {
    while (is_newline()) advance();
  }

 private:
  void read() {
    character_ = character_at(text_, position_);
    class_ = at_end() ? CharClass::kOther : char_class(character_.code_point);
  }
  std::string_view text_;
  std::size_t position_;
  Character character_;
  CharClass class_ = CharClass::kOther;
};

/// The letter that the contraction patterns see: case folded, the long s is an s.
std::uint32_t folded(std::uint32_t c, bool ignore_case) {
  if (!ignore_case) return c;
  if (c == 0x17F) return 's';
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/// 's 't 're 've 'm 'll 'd at an apostrophe: the end, or 0.
std::size_t contraction_end(Cursor at, bool ignore_case) {
  at.advance();
  if (at.at_end()) return 0;
  const std::uint32_t first = folded(at.code_point(), ignore_case);
  at.advance();
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at.position();
  if (at.at_end()) return 0;
  const std::uint32_t second = folded(at.code_point(), ignore_case);
  at.advance();
  const bool pair = (first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
                    (first == 'l' && second == 'l');
  return pair ? at.position() : 0;
}

/// \s+(?!\S)|\s+ at white space: the last space before a word is left to the word.
std::size_t space_end(Cursor at) {
  std::size_t last = at.position();
  const std::size_t begin = last;
  while (at.is(CharClass::kSpace)) {
    last = at.position();
    at.advance();
  }
  return at.at_end() || last == begin ? at.position() : last;
}

/// \s*[\r\n]+ at white space: up to the last newline of the run, or 0.
std::size_t newline_end(Cursor at) {
  std::size_t end = 0;
  while (at.is(CharClass::kSpace)) {
    const bool newline = at.is_newline();
    at.advance();
    if (newline) end = at.position();
  }
  return end;
}

std::size_t numbers_end(Cursor at, int digits_max) {
  for (int i = 0; i < digits_max && at.is(CharClass::kNumber); ++i) at.advance();
  return at.position();
}

std::size_t llama_end(std::string_view text, std::size_t begin, int digits_max) {
  const Cursor start(text, begin);
  if (start.code_point() == '\'')
    if (const std::size_t end = contraction_end(start, true)) return end;
  Cursor next = start;
  next.advance();
  if (start.is(CharClass::kLetter) ||
      (!start.is(CharClass::kNumber) && !start.is_newline() && next.is(CharClass::kLetter))) {
    next.skip(CharClass::kLetter);
    return next.position();
  }
  if (start.is(CharClass::kNumber)) return numbers_end(start, digits_max);
  const bool spaced = start.code_point() == ' ' && !next.at_end() && next.is(CharClass::kOther);
  if (spaced || start.is(CharClass::kOther)) {
    next.skip(CharClass::kOther);
    next.skip_newlines();
    return next.position();
  }
  if (const std::size_t end = newline_end(start)) return end;
  return space_end(start);
}

std::size_t gpt2_end(std::string_view text, std::size_t begin) {
  const Cursor start(text, begin);
  if (start.code_point() == '\'')
    if (const std::size_t end = contraction_end(start, false)) return end;
  Cursor run = start;
  if (run.code_point() == ' ') run.advance();
  for (const CharClass c : {CharClass::kLetter, CharClass::kNumber, CharClass::kOther}) {
    if (!run.is(c)) continue;
    run.skip(c);
    return run.position();
  }
  return space_end(start);
}

}  // namespace

std::string_view pattern_text(SplitPattern pattern) {
  return kKnown[static_cast<std::size_t>(pattern)].regex;
}

std::optional<SplitPattern> find_pattern(std::string_view regex) {
  for (const auto& known : kKnown)
    if (known.regex == regex) return known.pattern;
  return std::nullopt;
}

std::size_t piece_end(SplitPattern pattern, std::string_view text, std::size_t begin) {
  switch (pattern) {
    case SplitPattern::kLlama3:
      return llama_end(text, begin, 3);
    case SplitPattern::kQwen2:
      return llama_end(text, begin, 1);
    case SplitPattern::kGpt2:
      return gpt2_end(text, begin);
  }
  return text.size();
}

}  // namespace orch::tokenizer
