// A pattern's tree in PCRE2's syntax. Sets of characters are written by the general categories that
// PCRE2 has whole plus what they miss, so that its compiled code stays short, and never by a class
// whose meaning depends on PCRE2's version.
#include <algorithm>
#include <array>
#include <span>

#include "jobs/tokenizer/pattern_node.h"
#include "jobs/tokenizer/pattern_sets.h"
#include "jobs/tokenizer/unicode_case.h"
#include "jobs/tokenizer/unicode_classes.h"

namespace orch::tokenizer {

namespace {

using Kind = PatternNode::Kind;
using Greed = PatternNode::Greed;

constexpr std::uint32_t kPcreRepeatMax = 65535;    // PCRE2's
constexpr std::size_t kOutputBytesMax = 64 << 20;  // repeated classes may be long
constexpr std::size_t kVariantsMax = 256;
constexpr std::size_t kTilingsMax = 64;

using Text = std::vector<std::uint32_t>;
/// One spelling of a folded text: the character's choices, one after the other.
using Way = std::vector<CodePointSet>;

class Writer {
 public:
  explicit Writer(UnicodeVersion version) : version_(version) {}

  Result<std::string> write(const PatternNode& node) {
    put(node);
    if (error_) return *error_;
    return std::move(out_);
  }

 private:
  void fail(const std::string& what) {
    if (!error_) error_ = invalid("pattern: " + what);
  }

  void put(const PatternNode& node) {
    if (out_.size() > kOutputBytesMax) fail("its classes are too many");
    if (error_) return;
    switch (node.kind) {
      case Kind::kText:
        put_text(node.text, node.ignore_case);
        break;
      case Kind::kSet:
        put_set(node);
        break;
      case Kind::kSequence:
        put_sequence(node);
        break;
      case Kind::kAlternatives:
        put_group("(?:", node);
        break;
      case Kind::kRepeat:
        put_repeat(node);
        break;
      case Kind::kCapture:
        put_group("(", node);
        break;
      case Kind::kAtomic:
        put_group("(?>", node);
        break;
      case Kind::kLook:
        put_look(node);
        break;
      case Kind::kAnchor:
        out_ += node.verbatim;
        break;
      case Kind::kWordBoundary:
        put_word_boundary(node);
        break;
      case Kind::kReference:
        put_reference(node);
        break;
      case Kind::kCondition:
        put_group("(?(" + std::to_string(node.number) + ")", node);
        break;
      case Kind::kCall:
        out_ += "(?" + std::to_string(node.number) + ")";
        break;
    }
  }

  /// The children as alternatives, or the one child.
  void put_group(const std::string& open, const PatternNode& node) {
    out_ += open;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out_ += '|';
      put(node.children[i]);
    }
    out_ += ')';
  }

  void put_sequence(const PatternNode& node) {
    for (const PatternNode& child : node.children) put(child);
  }

  void put_text(const Text& text, bool ignore_case) {
    if (ignore_case) {
      for (const auto& ways : spellings(text)) put_ways(ways);
    } else {
      for (const std::uint32_t p : text) out_ += pattern_character(p);
    }
  }

  void put_ways(const std::vector<Way>& ways) {
    if (ways.size() > 1) out_ += "(?:";
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (i > 0) out_ += '|';
      for (const CodePointSet& set : ways[i]) out_ += pattern_set(set);
    }
    if (ways.size() > 1) out_ += ')';
  }

  bool has_long_fold(const Text& text, std::size_t at, std::size_t length) const {
    return at + length <= text.size() &&
           !unfold(std::span(text).subspan(at, length), version_).empty();
  }

  /// The texts whose full case folding is this one, as stretches one after the other; each may be
  /// spelled in one of several ways, where one character may stand for two or three.
  std::vector<std::vector<Way>> spellings(const Text& text) {
    std::vector<std::vector<Way>> out;
    for (std::size_t at = 0; at < text.size() && !error_;) {
      std::size_t end = at + 1;
      for (std::size_t i = at; i < end; ++i)
        for (const std::size_t length : {2u, 3u})
          if (has_long_fold(text, i, length)) end = std::max(end, i + length);
      out.emplace_back();
      cover(std::span(text).subspan(at, end - at), {}, out.back());
      at = end;
    }
    return out;
  }

  void cover(std::span<const std::uint32_t> text, const Way& before, std::vector<Way>& ways) {
    if (text.empty()) {
      ways.push_back(before);
      if (ways.size() > kTilingsMax) fail("ignoring case: too many ways to spell a text");
      return;
    }
    for (std::size_t length = 1; length <= 3 && length <= text.size() && !error_; ++length) {
      Way way = before;
      way.push_back(unfold(text.subspan(0, length), version_));
      if (!way.back().empty()) cover(text.subspan(length), way, ways);
    }
  }

  void put_set(const PatternNode& node) {
    if (!node.children.empty()) out_ += "(?:";
    out_ += pattern_set(node.set);
    for (const PatternNode& child : node.children) {
      out_ += '|';
      put(child);
    }
    if (!node.children.empty()) out_ += ')';
  }

  void put_repeat(const PatternNode& node) {
    const PatternNode& child = node.children.front();
    const bool limited = node.high != PatternNode::kUnlimited;
    if (node.low > kPcreRepeatMax || (limited && node.high > kPcreRepeatMax))
      return fail("a repeat of more than 65535");
    const bool single = child.kind == Kind::kSet && child.children.empty();
    if (!single) out_ += "(?:";
    put(child);
    if (!single) out_ += ')';
    if (!limited && node.low <= 1) {
      out_ += node.low == 0 ? '*' : '+';
    } else if (node.low == 0 && node.high == 1) {
      out_ += '?';
    } else {
      out_ += '{' + std::to_string(node.low);
      if (node.high != node.low) out_ += ',' + (limited ? std::to_string(node.high) : "");
      out_ += '}';
    }
    if (node.greed == Greed::kLazy) out_ += '?';
    if (node.greed == Greed::kPossessive) out_ += '+';
  }

  void put_word_boundary(const PatternNode& node) {
    const std::string word = pattern_set(node.set);
    const char* const same = node.negative ? "=" : "!";
    const char* const other = node.negative ? "!" : "=";
    out_ += "(?:(?<=" + word + ")(?" + same + word + ")|(?<!" + word + ")(?" + other + word + "))";
  }

  void put_reference(const PatternNode& node) {
    out_ += node.ignore_case ? "(?i:" : "(?:";
    for (auto group = node.groups.rbegin(); group != node.groups.rend(); ++group) {
      if (group != node.groups.rbegin()) out_ += '|';
      out_ += "\\g{" + std::to_string(*group) + "}";
    }
    out_ += ')';
  }

  void put_look(const PatternNode& node) {
    const PatternNode& child = node.children.front();
    const std::string open = std::string(node.behind ? "(?<" : "(?") + (node.negative ? "!" : "=");
    if (!node.behind) {
      out_ += open;
      put(child);
      out_ += ')';
      return;
    }
    // PCRE2 wants each alternative of a lookbehind to have one length.
    std::vector<PatternNode> ways;
    variants(child, ways);
    if (error_) return;
    out_ += open;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      if (i > 0) out_ += '|';
      put(ways[i]);
    }
    out_ += ')';
  }

  /// All ways to match the node, each of one length in characters.
  void variants(const PatternNode& node, std::vector<PatternNode>& ways) {
    if (error_) return;
    if (node.kind == Kind::kAlternatives) {
      for (const PatternNode& child : node.children) variants(child, ways);
    } else if (node.kind == Kind::kSequence) {
      std::vector<PatternNode> all{PatternNode()};
      for (const PatternNode& child : node.children) all = product(all, child);
      std::move(all.begin(), all.end(), std::back_inserter(ways));
    } else if (node.kind == Kind::kRepeat) {
      if (node.high == PatternNode::kUnlimited || node.high > kVariantsMax)
        return fail("a lookbehind without bounds is not supported");
      std::vector<PatternNode> all{PatternNode()};
      for (std::uint32_t n = 0; n <= node.high && !error_; ++n) {
        if (n >= node.low) ways.insert(ways.end(), all.begin(), all.end());
        if (n < node.high) all = product(all, node.children.front());
      }
    } else if (node.kind == Kind::kSet && !node.children.empty()) {
      PatternNode plain = node;
      plain.children.clear();
      ways.push_back(std::move(plain));
      ways.insert(ways.end(), node.children.begin(), node.children.end());
    } else if (node.kind == Kind::kText && node.ignore_case) {
      for (const auto& stretch : spellings(node.text))
        if (stretch.size() > 1)
          fail("a text ignoring case whose length differs, in a lookbehind, is not supported");
      ways.push_back(node);
    } else if (node.kind == Kind::kLook && !node.behind) {
      fail("a lookahead in a lookbehind is not supported");
    } else {
      ways.push_back(node);
    }
    if (ways.size() > kVariantsMax) fail("a lookbehind with too many lengths is not supported");
  }

  std::vector<PatternNode> product(const std::vector<PatternNode>& before,
                                   const PatternNode& node) {
    std::vector<PatternNode> ways, out;
    variants(node, ways);
    if (before.size() * ways.size() > kVariantsMax)
      fail("a lookbehind with too many lengths is not supported");
    if (error_) return {};
    for (const PatternNode& first : before) {
      for (const PatternNode& second : ways) {
        out.push_back(first);
        out.back().children.push_back(second);
      }
    }
    return out;
  }

  UnicodeVersion version_;
  std::string out_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> write_pattern(const PatternNode& node, UnicodeVersion version) {
  return Writer(version).write(node);
}

}  // namespace orch::tokenizer
