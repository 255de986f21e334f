// What follows a backslash in a pattern.
#include "jobs/tokenizer/pattern_parser.h"
#include "jobs/tokenizer/unicode_case.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

using Kind = PatternNode::Kind;

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

const CodePointSet& ascii() {
  static const CodePointSet kAscii{{0, 0x7F}};
  return kAscii;
}

const CodePointSet& hexadecimal() {
  static const CodePointSet kDigits{{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
  return kDigits;
}

/// ² ³ ¹ ¼ ½ ¾: \w outside of brackets has them, inside it has not.
const CodePointSet& word_only_outside() {
  static const CodePointSet kSet{{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}};
  return kSet;
}

PatternNode text_of(std::vector<std::uint32_t> text) {
  PatternNode out;
  out.kind = Kind::kText;
  out.text = std::move(text);
  return out;
}

}  // namespace

CodePointSet PatternParser::named_set(std::string_view name, bool only_ascii) {
  auto set = property_set(name, version_);
  if (!set.ok()) {
    fail("the property '" + std::string(name) + "' is not known");
    return {};
  }
  if (only_ascii) set->keep(ascii());
  return std::move(*set);
}

CodePointSet PatternParser::word_set(const Options& options) {
  return named_set("Word", options.word_ascii);
}

std::string PatternParser::name_until(char close) {
  const std::size_t end = source_.find(close, at_);
  if (end == std::string_view::npos || end == at_) {
    fail("a group name without an end");
    return {};
  }
  std::string name(source_.substr(at_, end - at_));
  at_ = end + 1;
  for (const char c : name)
    if (c == ')' || c == '(' || c == '+' || c == '\\') fail("not a group name");
  return name;
}

std::optional<std::uint32_t> PatternParser::digits(unsigned base, std::size_t most) {
  std::optional<std::uint32_t> out;
  for (std::size_t n = 0; n < most && at_ < source_.size(); ++n, ++at_) {
    const int digit = digit_value(peek());
    if (digit >= static_cast<int>(base)) break;
    out = out.value_or(0) * base + static_cast<std::uint32_t>(digit);
  }
  return out;
}

std::uint32_t PatternParser::braced(unsigned base) {
  ++at_;
  const auto value = digits(base, 11);
  if (!value || !take("}") || *value >= kCodePointLimit || (*value >= 0xD800 && *value <= 0xDFFF))
    fail("not a code point");
  return value.value_or(0);
}

/// \xE3\x81\x82 is one character spelled in bytes.
std::uint32_t PatternParser::raw_bytes(std::uint32_t first) {
  std::string bytes(1, static_cast<char>(first));
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  while (bytes.size() < size && take("\\x")) {
    const auto next = digits(16, 2);
    bytes += static_cast<char>(next.value_or(0));
  }
  if (bytes.size() != size || valid_utf8_prefix(bytes) != size) {
    fail("bytes that are no character");
    return 0;
  }
  return character_at(bytes, 0).code_point;
}

std::uint32_t PatternParser::numeric_escape(char c) {
  if (c == 'x') {
    if (peek() == '{') return braced(16);
    const auto value = digits(16, 2);
    return value.value_or(0) < 0x80 ? value.value_or(0) : raw_bytes(*value);
  }
  if (c == 'u') {
    const std::size_t begin = at_;
    const auto value = digits(16, 4);
    if (at_ - begin != 4 || (*value >= 0xD800 && *value <= 0xDFFF)) fail("\\u without 4 digits");
    return value.value_or(0);
  }
  if (c == 'o' && peek() == '{') return braced(8);
  --at_;  // \0 to \377
  const auto value = digits(8, 3);
  if (value.value_or(0) > 0x7F) fail("an octal byte outside of ASCII is not supported");
  return value.value_or(0);
}

CodePointSet PatternParser::property(bool negative, bool in_class) {
  if (!take("{")) {
    fail("\\p without a name in braces");
    return {};
  }
  const bool inverted = take("^");
  const std::size_t end = source_.find('}', at_);
  if (end == std::string_view::npos) {
    fail("\\p without a name in braces");
    return {};
  }
  CodePointSet set = named_set(source_.substr(at_, end - at_), false);
  if (in_class && set == word_set({})) set.remove(word_only_outside());
  at_ = end + 1;
  return negative != inverted ? set.complement() : set;
}

std::optional<CodePointSet> PatternParser::class_escape(char c, const Options& options,
                                                        bool in_class) {
  CodePointSet set;
  switch (c | 0x20) {
    case 'w':
      set = word_set(options);
      if (in_class) set.remove(word_only_outside());
      break;
    case 'd':
      set = named_set("Digit", options.digit_ascii);
      break;
    case 's':
      set = named_set("Space", options.space_ascii);
      break;
    case 'h':
      set = hexadecimal();
      break;
    case 'p':
      return property(c == 'P', in_class);
    default:
      return std::nullopt;
  }
  return c >= 'A' && c <= 'Z' ? set.complement() : set;
}

PatternParser::Escaped PatternParser::escaped_character(const Options& options, bool in_class) {
  if (at_end()) {
    fail("a backslash at the end");
    return {};
  }
  const std::uint32_t character = take_character();
  if (character >= 0x80) return {character, {}};
  const char c = static_cast<char>(character);
  if (auto set = class_escape(c, options, in_class)) return {0, std::move(set)};
  switch (c) {
    case 't':
      return {'\t', {}};
    case 'n':
      return {'\n', {}};
    case 'r':
      return {'\r', {}};
    case 'f':
      return {'\f', {}};
    case 'v':
      return {'\v', {}};
    case 'a':
      return {7, {}};
    case 'e':
      return {27, {}};
    case 'b':
      return {in_class ? 8u : 'b', {}};
    case 'M':
      fail("the escape \\M- is not supported");
      return {};
    case 'C':
      if (!take("-")) fail("\\C without '-'");
      [[fallthrough]];
    case 'c': {
      if (at_end()) fail("\\c at the end");
      if (error_) return {};
      const std::uint32_t control = take("\\\\") ? '\\' : take_character();
      return {control == '?' ? 0x7F : control & 0x9F, {}};
    }
    case 'x':
      if (peek() != '{' && digit_value(peek()) > 15) return {'x', {}};
      return {numeric_escape(c), {}};
    case 'u':
      return {numeric_escape(c), {}};
    case 'o':
      return {peek() == '{' ? numeric_escape(c) : character, {}};
    default:
      return {c >= '0' && c <= '7' ? numeric_escape(c) : character, {}};
  }
}

std::optional<PatternNode> PatternParser::assertion(char c, const Options& options) {
  Node out;
  out.kind = Kind::kAnchor;
  switch (c) {
    case 'A':
    case 'Z':
    case 'z':
    case 'G':
    case 'K':
      out.verbatim = std::string("\\") + c;
      return out;
    case 'b':
    case 'B':
      out.kind = Kind::kWordBoundary;
      out.set = word_set(options);
      out.negative = c == 'B';
      return out;
    case 'N':
      return set_node(CodePointSet{{'\n', '\n'}}.complement(), false);
    case 'O':
      return set_node(CodePointSet::all(), false);
    case 'R': {
      Node line;
      line.kind = Kind::kAlternatives;
      line.children.push_back(text_of({'\r', '\n'}));
      line.children.push_back(set_node({{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}, false));
      out.kind = Kind::kAtomic;
      out.verbatim.clear();
      out.children.push_back(std::move(line));
      return out;
    }
    case 'X':
    case 'y':
    case 'Y':
      return fail(std::string("\\") + c + " (text segments) is not supported");
    default:
      return std::nullopt;
  }
}

PatternNode PatternParser::named_reference(char kind) {
  const char open = peek();
  ++at_;
  std::string name = name_until(open == '<' ? '>' : '\'');
  if (!name.empty() && name[0] == '-') {
    const std::string back = name.substr(1);
    const bool number = !back.empty() && back.size() < 6 &&
                        back.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoul(back) > groups_ || std::stoul(back) == 0)
      return fail("no group " + name);
    name = std::to_string(groups_ + 1 - std::stoul(back));
  }
  if (name.size() > 5 && name.find_first_not_of("0123456789") == std::string::npos)
    return fail("no group " + name);
  Node out;
  out.kind = kind == 'k' ? Kind::kReference : Kind::kCall;
  out.low = static_cast<std::uint32_t>(calls_.size());
  calls_.push_back(std::move(name));
  return out;
}

std::optional<PatternNode> PatternParser::reference(char c) {
  if ((c == 'k' || c == 'g') && (peek() == '<' || peek() == '\'')) return named_reference(c);
  if (c < '1' || c > '9') return std::nullopt;
  const std::size_t begin = at_;
  --at_;
  const auto number = digits(10, 5);
  if (number && (*number <= 9 || *number <= groups_)) {
    Node out;
    out.kind = Kind::kReference;
    out.low = static_cast<std::uint32_t>(calls_.size());
    calls_.push_back(std::to_string(*number));
    return out;
  }
  at_ = begin;
  return std::nullopt;
}

PatternNode PatternParser::escape(const Options& options) {
  ++at_;
  if (at_ >= source_.size()) return fail("a backslash at the end");
  const char c = peek();
  ++at_;
  if (auto node = assertion(c, options)) return std::move(*node);
  if (auto node = reference(c)) {
    node->ignore_case = options.ignore_case;
    return std::move(*node);
  }
  --at_;
  Escaped escaped = escaped_character(options, false);
  // Case is ignored only inside of brackets.
  if (escaped.set) return set_node(std::move(*escaped.set), false);
  return text_node(escaped.code_point, options);
}

}  // namespace orch::tokenizer
