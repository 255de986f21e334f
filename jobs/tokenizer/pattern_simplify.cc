// A pattern's tree made smaller without changing what it matches. A choice between single
// characters becomes a class: PCRE2 keeps a way back for each turn of "(a|b)+", and nothing for
// "[ab]+", which decides whether a text of megabytes is cut or given up.
#include <algorithm>
#include <optional>

#include "jobs/tokenizer/pattern_node.h"

namespace orch::tokenizer {

namespace {

using Kind = PatternNode::Kind;

bool refers_to_groups(const PatternNode& node) {
  if (node.kind == Kind::kReference || node.kind == Kind::kCondition || node.kind == Kind::kCall)
    return true;
  return std::any_of(node.children.begin(), node.children.end(), refers_to_groups);
}

/// The characters of which a node matches exactly one; nothing: it may match something else, too.
std::optional<CodePointSet> one_of(const PatternNode& node) {
  if (node.kind == Kind::kSet && node.children.empty()) return node.set;
  if (node.kind == Kind::kText && !node.ignore_case && node.text.size() == 1)
    return CodePointSet{{node.text[0], node.text[0]}};
  if (node.kind == Kind::kSequence && node.children.size() == 1) return one_of(node.children[0]);
  if (node.kind != Kind::kAlternatives) return std::nullopt;
  CodePointSet all;
  for (const PatternNode& child : node.children) {
    const auto set = one_of(child);
    if (!set) return std::nullopt;
    all.add(*set);
  }
  return all;
}

class Simplifier {
 public:
  /// `captures`: somebody asks what groups matched.
  explicit Simplifier(bool captures) : captures_(captures) {}

  PatternNode operator()(PatternNode node) const {
    std::vector<PatternNode> out;
    for (PatternNode& child : node.children) {
      PatternNode done = (*this)(std::move(child));
      if (node.kind == Kind::kSequence && done.kind == Kind::kSequence)
        for (PatternNode& grandchild : done.children) append(out, std::move(grandchild), true);
      else
        append(out, std::move(done), node.kind == Kind::kSequence);
    }
    node.children = std::move(out);
    if (node.kind == Kind::kAlternatives)
      if (auto set = one_of(node)) {
        PatternNode single;
        single.kind = Kind::kSet;
        single.set = std::move(*set);
        return single;
      }
    if (node.kind == Kind::kCapture && !captures_) {
      PatternNode* inner = &node.children.front();
      while (inner->kind == Kind::kSequence && inner->children.size() == 1)
        inner = &inner->children.front();
      // Texts that ignore case do not join over the border of a group.
      if (inner->kind != Kind::kText && inner->kind != Kind::kSequence)
        return PatternNode(std::move(*inner));
    }
    return node;
  }

 private:
  /// Neighbouring texts that ignore case become one: "s", "s" is also ß.
  static void append(std::vector<PatternNode>& out, PatternNode child, bool sequence) {
    const bool joins = sequence && !out.empty() && child.kind == Kind::kText && child.ignore_case &&
                       out.back().kind == Kind::kText && out.back().ignore_case;
    if (joins)
      out.back().text.insert(out.back().text.end(), child.text.begin(), child.text.end());
    else
      out.push_back(std::move(child));
  }

  bool captures_;
};

}  // namespace

PatternNode simplified_pattern(PatternNode node) {
  const bool captures = refers_to_groups(node);
  return Simplifier(captures)(std::move(node));
}

}  // namespace orch::tokenizer
