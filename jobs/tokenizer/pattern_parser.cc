#include "jobs/tokenizer/pattern_parser.h"

#include <algorithm>

#include "jobs/tokenizer/unicode_case.h"
#include "jobs/tokenizer/unicode_classes.h"
#include "jobs/tokenizer/unicode_properties.h"

namespace orch::tokenizer {

namespace {

constexpr unsigned kDepthMax = 250;
constexpr std::size_t kSourceBytesMax = 1 << 20;
constexpr std::uint32_t kRepeatMax = 100000;

using Kind = PatternNode::Kind;
using Greed = PatternNode::Greed;

}  // namespace

std::string pattern_excerpt(std::string_view source) {
  constexpr std::size_t kBytesMax = 200;
  if (source.size() <= kBytesMax) return std::string(source);
  source = source.substr(0, kBytesMax);
  return std::string(source.substr(0, valid_utf8_prefix(source))) + "…";
}

Result<PatternNode> parse_pattern(std::string_view oniguruma, UnicodeVersion version) {
  if (valid_utf8_prefix(oniguruma) != oniguruma.size()) return invalid("pattern: not valid UTF-8");
  if (oniguruma.size() > kSourceBytesMax) return invalid("pattern: more than 1 MiB");
  return PatternParser(oniguruma, version).parse();
}

Result<PatternNode> PatternParser::parse() {
  // Named groups decide how plain ones count, so they are looked for first.
  for (std::size_t i = 0; i + 3 < source_.size(); ++i) {
    if (source_[i] == '\\') {
      ++i;
    } else if (source_.substr(i, 3) == "(?'" ||
               (source_.substr(i, 3) == "(?<" && source_[i + 3] != '=' && source_[i + 3] != '!')) {
      only_named_ = true;
    }
  }
  Node node = alternatives({});
  if (!at_end()) fail("unmatched ')'");
  if (!error_) resolve(node);
  if (error_) return *error_;
  return node;
}

PatternNode PatternParser::fail(const std::string& what) {
  if (!error_)
    error_ = invalid("pattern: " + what + " at byte " + std::to_string(at_) + " of '" +
                     pattern_excerpt(source_) + "'");
  return {};
}

bool PatternParser::take(std::string_view text) {
  if (source_.substr(at_, text.size()) != text) return false;
  at_ += text.size();
  return true;
}

std::uint32_t PatternParser::take_character() {
  const Character c = character_at(source_, at_);
  at_ += c.size_bytes;
  return c.code_point;
}

PatternNode PatternParser::alternatives(const Options& options) {
  if (++depth_ > kDepthMax) fail("too deeply nested");
  Node out;
  out.kind = Kind::kAlternatives;
  do {
    out.children.push_back(sequence(options));
  } while (!error_ && take("|"));
  --depth_;
  if (out.children.size() == 1) return std::move(out.children[0]);
  return out;
}

PatternNode PatternParser::sequence(const Options& options) {
  Node out;
  out.kind = Kind::kSequence;
  while (true) {
    skip_blanks(options);
    if (at_end() || peek() == '|' || peek() == ')') return out;
    const std::size_t before = out.children.size();
    Node next = atom(options, out);
    if (error_) return out;
    // An option group takes the rest of the enclosing group with it and has added itself.
    if (out.children.size() != before) continue;
    out.children.push_back(std::move(next));
    quantify(out, options);
  }
}

/// And comments.
void PatternParser::skip_blanks(const Options& options) {
  while (!at_end()) {
    if (source_.substr(at_, 3) == "(?#") {
      while (!at_end() && peek() != ')') at_ += peek() == '\\' ? 2 : 1;
      if (!take(")")) fail("a comment without an end");
    } else if (!options.extended) {
      return;
    } else if (peek() == '#') {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else if (is_white_space(character_at(source_, at_).code_point) &&
               static_cast<unsigned char>(peek()) < 0x80) {
      ++at_;
    } else {
      return;
    }
  }
}

PatternNode PatternParser::text_node(std::uint32_t code_point, const Options& options) const {
  Node out;
  out.kind = Kind::kText;
  out.ignore_case = options.ignore_case;
  out.text = {code_point};
  if (options.ignore_case) {
    const auto folded = case_fold(code_point, version_);
    if (!folded.empty()) out.text.assign(folded.begin(), folded.end());
  }
  return out;
}

PatternNode PatternParser::set_node(CodePointSet set, bool ignore_case, bool negative) const {
  Node out;
  out.kind = Kind::kSet;
  if (ignore_case) {
    if (!negative) {
      for (auto& folded : long_folds(set, version_)) {
        Node text;
        text.kind = Kind::kText;
        text.ignore_case = true;
        text.text = std::move(folded);
        out.children.push_back(std::move(text));
      }
    }
    close_over_case(set, version_);
  }
  out.set = negative ? set.complement() : std::move(set);
  return out;
}

PatternNode PatternParser::atom(const Options& options, Node& sequence) {
  const char c = peek();
  Node out;
  switch (c) {
    case '\\':
      return escape(options);
    case '(':
      return group(options, sequence);
    case '[':
      return character_class(options);
    case '.':
      ++at_;
      return set_node(
          options.dot_all ? CodePointSet::all() : CodePointSet{{'\n', '\n'}}.complement(), false);
    case '^':
    case '$':
      ++at_;
      out.kind = Kind::kAnchor;
      out.verbatim = c;
      return out;
    case '*':
    case '+':
    case '?':
      return fail("nothing to repeat");
    default:
      return text_node(take_character(), options);
  }
}

bool PatternParser::interval(std::uint32_t& low, std::uint32_t& high, bool& fixed, bool& swapped) {
  const std::size_t begin = at_;
  const auto number = [&]() -> std::optional<std::uint32_t> {
    std::optional<std::uint32_t> n;
    while (peek() >= '0' && peek() <= '9') {
      n = n.value_or(0) * 10 + static_cast<std::uint32_t>(peek() - '0');
      if (*n > kRepeatMax) fail("a repeat of more than 100000");
      if (error_) return n;
      ++at_;
    }
    return n;
  };
  ++at_;
  const auto first = number();
  fixed = !take(",");
  const auto last = fixed ? first : number();
  if (error_ || (!first && !last) || !take("}")) {
    at_ = begin;
    return false;
  }
  low = first.value_or(0);
  high = last.value_or(Node::kUnlimited);
  swapped = low > high;
  if (swapped) std::swap(low, high);
  return true;
}

void PatternParser::quantify(Node& sequence, const Options& options) {
  while (true) {
    skip_blanks(options);
    Node repeat;
    repeat.kind = Kind::kRepeat;
    repeat.high = Node::kUnlimited;
    bool counted = false, fixed = false, swapped = false;
    if (take("?")) {
      repeat.high = 1;
    } else if (take("+")) {
      repeat.low = 1;
    } else if (peek() == '{' && !at_end()) {
      counted = interval(repeat.low, repeat.high, fixed, swapped);
      if (!counted) return;
    } else if (!take("*")) {
      return;
    }
    const Kind target = sequence.children.back().kind;
    if (target == Kind::kAnchor || target == Kind::kLook || target == Kind::kWordBoundary)
      fail("an assertion cannot be repeated");
    // "{n}?" is no lazy repeat but an optional one; "{n,m}+" repeats the repeat.
    if (swapped) repeat.greed = Greed::kPossessive;
    if (!fixed && take("?"))
      repeat.greed = Greed::kLazy;
    else if (!counted && take("+"))
      repeat.greed = Greed::kPossessive;
    repeat.children.push_back(std::move(sequence.children.back()));
    sequence.children.back() = std::move(repeat);
    if (++depth_ > kDepthMax) fail("too deeply nested");
    if (error_) return;
  }
}

PatternNode PatternParser::body(const Options& options) {
  Node out = alternatives(options);
  if (!error_ && !take(")")) fail("unmatched '('");
  return out;
}

PatternNode PatternParser::group(const Options& options, Node& sequence) {
  ++at_;
  if (take("?")) return special_group(options, sequence);
  if (peek() == '*') return fail("a callout is not supported");
  if (only_named_) return body(options);
  return capture(options, "");
}

PatternNode PatternParser::capture(const Options& options, const std::string& name) {
  Node out;
  out.kind = Kind::kCapture;
  out.number = ++groups_;
  if (!name.empty()) names_[name].push_back(out.number);
  out.children.push_back(body(options));
  return out;
}

PatternNode PatternParser::look(const Options& options, bool behind, bool negative) {
  Node out;
  out.kind = Kind::kLook;
  out.behind = behind;
  out.negative = negative;
  out.children.push_back(body(options));
  return out;
}

PatternNode PatternParser::special_group(const Options& options, Node& sequence) {
  Node out;
  if (take(":")) return body(options);
  if (take("=")) return look(options, false, false);
  if (take("!")) return look(options, false, true);
  if (take("<=")) return look(options, true, false);
  if (take("<!")) return look(options, true, true);
  if (take(">")) {
    out.kind = Kind::kAtomic;
    out.children.push_back(body(options));
    return out;
  }
  if (peek() == '<' || peek() == '\'') {
    const char close = take("<") ? '>' : '\'';
    if (close == '\'') ++at_;
    const std::string name = name_until(close);
    if (error_ || (name[0] >= '0' && name[0] <= '9') || name[0] == '-')
      return fail("not a group name");
    return capture(options, name);
  }
  if (take("(")) return condition(options);
  if (peek() == '~') return fail("an absent operator (?~ is not supported");
  if (peek() == '{') return fail("a callout is not supported");
  return option_group(options, sequence);
}

PatternNode PatternParser::option_group(Options options, Node& sequence) {
  bool on = true;
  for (;; ++at_) {
    if (at_end()) return fail("an option group without an end");
    switch (peek()) {
      case '-':
        on = false;
        break;
      case 'i':
        options.ignore_case = on;
        break;
      case 'm':
        options.dot_all = on;
        break;
      case 'x':
        options.extended = on;
        break;
      case 'W':
        options.word_ascii = on;
        break;
      case 'D':
        options.digit_ascii = on;
        break;
      case 'S':
        options.space_ascii = on;
        break;
      case 'P':
        options.word_ascii = options.digit_ascii = options.space_ascii = on;
        options.posix_ascii = on;
        break;
      case ':':
        ++at_;
        return body(options);
      case ')':
        ++at_;
        // "a(?i)b|c" is "a(?i:b|c)".
        sequence.children.push_back(alternatives(options));
        return {};
      default:
        return fail(std::string("the option '") + peek() + "' is not supported");
    }
  }
}

PatternNode PatternParser::condition(const Options& options) {
  Node out;
  out.kind = Kind::kCondition;
  if (take("<")) {
    calls_.push_back(name_until('>'));
  } else if (take("'")) {
    calls_.push_back(name_until('\''));
  } else {
    const auto number = digits(10, 5);
    if (!number) return fail("this kind of condition is not supported");
    calls_.push_back(std::to_string(*number));
  }
  out.low = static_cast<std::uint32_t>(calls_.size() - 1);
  if (!take(")")) return fail("this kind of condition is not supported");
  Node branches = body(options);
  if (branches.kind == Kind::kAlternatives) {
    if (branches.children.size() > 2) return fail("a condition with more than two branches");
    out.children = std::move(branches.children);
  } else {
    out.children.push_back(std::move(branches));
  }
  return out;
}

void PatternParser::resolve(Node& node) {
  for (Node& child : node.children) resolve(child);
  const bool refers =
      node.kind == Kind::kReference || node.kind == Kind::kCondition || node.kind == Kind::kCall;
  if (!refers || error_) return;
  const std::string& name = calls_.at(node.low);
  const bool by_number = name.find_first_not_of("0123456789") == std::string::npos;
  if (by_number) {
    const auto number = static_cast<std::uint32_t>(std::stoul(name));
    const bool whole = node.kind == Kind::kCall && number == 0;
    if ((only_named_ && !whole) || number > groups_ || (number == 0 && !whole)) {
      fail("no group " + name);
      return;
    }
    node.groups = {number};
  } else {
    const auto it = names_.find(name);
    if (it == names_.end()) {
      fail("no group '" + name + "'");
      return;
    }
    node.groups = it->second;
  }
  if (node.kind != Kind::kReference && node.groups.size() > 1) {
    fail("the group name '" + name + "' is given twice and called");
    return;
  }
  node.number = node.groups.front();
}

}  // namespace orch::tokenizer
