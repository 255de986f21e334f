#include "protocol/spec_tree.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

#include "base/limits.h"
#include "protocol/error_text.h"

namespace orch::protocol {
namespace {

/// Builds the tree from yaml-cpp's events; what goes too deep is skipped, not built.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(SpecErrors& errors) : errors_(errors) {}

  SpecNode take() { return std::move(root_); }
  bool has_root() const { return has_root_; }
  bool is_cut_short() const { return nodes_ > limits::kListItemsMax; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(make(SpecNode::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    if (skip_ > 0) return;
    errors_.add_at(mark.line + 1, mark.column + 1,
                   "aliases are not allowed in a spec; use a variable (vars and ${name})");
    add(make(SpecNode::Kind::kNull, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    SpecNode node = make(SpecNode::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag == "!";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(SpecNode::Kind::kList, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(SpecNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  static SpecNode make(SpecNode::Kind kind, const YAML::Mark& mark) {
    SpecNode node;
    node.kind = kind;
    node.line = mark.line + 1;
    node.column = mark.column + 1;
    return node;
  }
  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor && skip_ == 0)
      errors_.add_at(mark.line + 1, mark.column + 1,
                     "anchors are not allowed in a spec; use a variable (vars and ${name})");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!" && skip_ == 0)
      errors_.add_at(mark.line + 1, mark.column + 1, "YAML tags are not allowed in a spec");
  }
  void open(SpecNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (skip_ > 0 || stack_.size() >= limits::kSpecDepthMax) {
      if (skip_++ == 0)
        errors_.add_at(mark.line + 1, mark.column + 1,
                       "nested deeper than " + std::to_string(limits::kSpecDepthMax) + " levels");
      return;
    }
    stack_.push_back(make(kind, mark));
  }
  void close() {
    if (skip_ > 0) {
      if (--skip_ == 0) add(SpecNode{});
      return;
    }
    SpecNode node = std::move(stack_.back());
    stack_.pop_back();
    if (node.kind == SpecNode::Kind::kMap && node.keys.size() > node.items.size())
      node.keys.resize(node.items.size());
    add(std::move(node));
  }
  void add(SpecNode node) {
    if (skip_ > 0 || too_many(node)) return;
    if (stack_.empty()) {
      root_ = std::move(node);
      has_root_ = true;
      return;
    }
    SpecNode& parent = stack_.back();
    if (parent.kind == SpecNode::Kind::kMap && parent.keys.size() == parent.items.size()) {
      if (node.kind != SpecNode::Kind::kScalar) errors_.add(node, "a key must be a plain name");
      node.kind = SpecNode::Kind::kScalar;
      node.keys.clear();
      node.items.clear();
      parent.keys.push_back(std::move(node));
    } else {
      parent.items.push_back(std::move(node));
    }
  }
  /// After too many nodes leaves are dropped; containers that are open still close.
  bool too_many(const SpecNode& node) {
    if (++nodes_ <= limits::kListItemsMax) return false;
    if (nodes_ == limits::kListItemsMax + 1)
      errors_.add(node, "more than " + std::to_string(limits::kListItemsMax) + " values");
    return node.kind == SpecNode::Kind::kScalar || node.kind == SpecNode::Kind::kNull;
  }

  SpecErrors& errors_;
  SpecNode root_;
  bool has_root_ = false;
  std::vector<SpecNode> stack_;
  std::size_t skip_ = 0;
  std::size_t nodes_ = 0;
};

/// False (and an error) unless the bytes are text of a size that may be parsed.
bool is_readable(std::string_view yaml, SpecErrors& errors) {
  if (yaml.size() > limits::kSpecBytesMax) {
    errors.add_whole("the spec has " + std::to_string(yaml.size()) + " bytes, at most " +
                     std::to_string(limits::kSpecBytesMax) + " are allowed");
    return false;
  }
  if (is_text(yaml)) return true;
  int line = 1;
  int column = 1;
  std::size_t begin = 0;
  // Whole lines first: is_text() of a prefix that ends within a character would be false.
  while (begin < yaml.size()) {
    const std::size_t end = std::min(yaml.find('\n', begin), yaml.size() - 1) + 1;
    const std::string_view text = yaml.substr(begin, end - begin);
    if (!is_text(text)) {
      std::size_t good = 0;
      for (std::size_t size = 1; size <= text.size(); ++size) {
        if (is_text(text.substr(0, size))) good = size;
        if (size > good + 4) break;
      }
      column = static_cast<int>(good) + 1;
      break;
    }
    begin = end;
    ++line;
  }
  errors.add_at(line, column, "not UTF-8 text; a spec is a YAML file");
  return false;
}

}  // namespace

const SpecNode* SpecNode::find(std::string_view key) const {
  for (std::size_t i = 0; i < items.size() && i < keys.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

void SpecErrors::add(const SpecNode& at, std::string what, std::string hint) {
  add_at(at.line, at.column, std::move(what), std::move(hint));
}
void SpecErrors::add_whole(std::string what, std::string hint, std::string where) {
  errors_.push_back(
      {where.empty() ? file_ : std::move(where), 0, 0, std::move(what), std::move(hint)});
}
void SpecErrors::add_at(int line, int column, std::string what, std::string hint) {
  errors_.push_back({file_, line, column, std::move(what), std::move(hint)});
}

std::optional<std::string> SpecErrors::nearest(std::string_view wrong,
                                               const std::vector<std::string>& valid) const {
  if (size() >= limits::kSpecErrorsMax || valid.size() > limits::kTasksPerJobMax)
    return std::nullopt;
  return nearest_name(wrong, valid);
}

std::vector<SpecError> SpecErrors::sorted() && {
  std::stable_sort(errors_.begin(), errors_.end(), [](const SpecError& a, const SpecError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  if (errors_.size() > limits::kSpecErrorsMax) {
    const std::size_t rest = errors_.size() - limits::kSpecErrorsMax;
    errors_.resize(limits::kSpecErrorsMax);
    errors_.push_back({file_, 0, 0, "and " + std::to_string(rest) + " more errors", {}});
  }
  return std::move(errors_);
}

namespace {

/// Line `number` (from 0) of the text.
std::string_view line_of(std::string_view text, int number) {
  for (; number > 0 && text.find('\n') != std::string_view::npos; --number)
    text.remove_prefix(text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

/// Unquoted, the brace that ends "${name}" ends the mapping around it.
std::string hint_for(std::string_view line) {
  const std::size_t variable = line.find("${");
  if (variable == std::string_view::npos || line.find('{') == variable + 1) return {};
  return "inside { } a variable needs quotes: \"" +
         std::string(line.substr(variable, line.find('}', variable) - variable)) + "}\"";
}

}  // namespace

SpecNode read_spec_tree(std::string_view yaml, SpecErrors& errors) {
  if (!is_readable(yaml, errors)) return {};
  TreeBuilder builder(errors);
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    if (builder.has_root() && parser) {
      SpecErrors ignored("");
      TreeBuilder second(ignored);
      if (parser.HandleNextDocument(second) && second.has_root())
        errors.add_whole("the file has more than one YAML document");
    }
  } catch (const YAML::Exception& e) {
    const bool placed = !e.mark.is_null();
    errors.add_at(placed ? e.mark.line + 1 : 0, placed ? e.mark.column + 1 : 0,
                  "not YAML: " + e.msg, placed ? hint_for(line_of(yaml, e.mark.line)) : "");
    return {};
  } catch (const std::exception& e) {
    errors.add_whole(std::string("not YAML: ") + e.what());
    return {};
  }
  if (!builder.has_root() && errors.empty()) errors.add_whole("the spec is empty");
  return builder.is_cut_short() ? SpecNode{} : builder.take();
}

}  // namespace orch::protocol
