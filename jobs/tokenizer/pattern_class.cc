// Bracket expressions of a pattern: [a-z], [^…], [[:alpha:]], nested classes, &&.
#include <array>

#include "jobs/tokenizer/pattern_parser.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

constexpr unsigned kClassDepthMax = 250;

}  // namespace

PatternNode PatternParser::character_class(const Options& options) {
  ++at_;
  bool negative = false;
  CodePointSet set = class_body(options, negative);
  if (error_) return {};
  return set_node(std::move(set), options.ignore_case, negative);
}

/// After '[', up to and with ']'. The caller negates.
CodePointSet PatternParser::class_body(const Options& options, bool& negative) {
  negative = take("^");
  if (++depth_ > kClassDepthMax) fail("too deeply nested");
  CodePointSet set = class_members(options, true);
  while (!error_ && take("&&")) set.keep(class_members(options, false));
  if (!error_ && !take("]")) fail("a '[' without ']'");
  --depth_;
  return set;
}

std::optional<CodePointSet> PatternParser::posix_class(const Options& options) {
  static constexpr std::array kNames = {"alnum", "alpha", "ascii",  "blank", "cntrl",
                                        "digit", "graph", "lower",  "print", "punct",
                                        "space", "upper", "xdigit", "word"};
  const std::size_t end = source_.find(":]", at_ + 2);
  if (source_.substr(at_, 2) != "[:" || end == std::string_view::npos) return std::nullopt;
  std::string_view name = source_.substr(at_ + 2, end - at_ - 2);
  const bool negative = name.starts_with("^");
  if (negative) name.remove_prefix(1);
  bool known = false;
  for (const std::string_view other : kNames) known |= name == other;
  if (!known) return std::nullopt;
  at_ = end + 2;
  const bool only_ascii = options.posix_ascii || (name == "word" && options.word_ascii) ||
                          (name == "digit" && options.digit_ascii) ||
                          (name == "space" && options.space_ascii);
  CodePointSet set = named_set(name == "punct" ? "PosixPunct" : name, only_ascii);
  if (name == "word") set.remove({{0xB2, 0xB3}, {0xB9, 0xB9}, {0xBC, 0xBE}});  // as \w in brackets
  return negative ? set.complement() : set;
}

/// After "a-": the last character of the range.
std::optional<std::uint32_t> PatternParser::range_end(const Options& options) {
  if (!take("\\")) return take_character();
  const Escaped escaped = escaped_character(options, true);
  if (escaped.set) fail("a class at the end of a range");
  return escaped.code_point;
}

CodePointSet PatternParser::class_members(const Options& options, bool first_union) {
  CodePointSet out;
  for (bool first = first_union; !at_end(); first = false) {
    std::uint32_t low = 0;
    if (peek() == ']') {
      // A ']' at once is a member if another one follows.
      if (!first || source_.find(']', at_ + 1) == std::string_view::npos) {
        if (first) fail("an empty class");
        return out;
      }
      low = take_character();
    } else if (source_.substr(at_, 2) == "&&") {
      return out;
    } else if (peek() == '[') {
      if (auto set = posix_class(options)) {
        out.add(*set);
      } else {
        ++at_;
        bool negative = false;
        const CodePointSet inner = class_body(options, negative);
        out.add(negative ? inner.complement() : inner);
      }
      if (error_) return out;
      continue;
    } else if (take("\\")) {
      Escaped escaped = escaped_character(options, true);
      if (error_) return out;
      if (escaped.set) {
        out.add(*escaped.set);
        if (peek() == '-' && source_.substr(at_, 2) != "-]")
          fail("a range that begins with a class");
        continue;
      }
      low = escaped.code_point;
    } else {
      low = take_character();
    }
    if (!take("-")) {
      out.add(low, low);
    } else if (at_end() || peek() == ']' || source_.substr(at_, 2) == "&&") {
      out.add(low, low);
      out.add('-', '-');
    } else if (peek() == '[') {
      // Oniguruma forgets what stands before a "-[".
    } else if (const auto high = range_end(options)) {
      if (*high < low) fail("a range that ends before it begins");
      if (error_) return out;
      out.add(low, *high);
    }
  }
  return out;
}

}  // namespace orch::tokenizer
