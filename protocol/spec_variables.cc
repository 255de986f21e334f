#include <vector>

#include "base/limits.h"
#include "protocol/error_text.h"
#include "protocol/spec_check.h"

namespace orch::protocol {
namespace {

/// Puts variables into one file's scalars.
class Substitution {
 public:
  Substitution(const std::map<std::string, std::string>& vars, SpecErrors& errors)
      : vars_(vars), errors_(errors) {
    for (const auto& [name, value] : vars) names_.push_back(name);
  }

  void walk(SpecNode& node) {
    if (node.kind == SpecNode::Kind::kScalar && node.text.find("${") != std::string::npos)
      replace(node);
    for (auto& item : node.items) walk(item);
  }

 private:
  void replace(SpecNode& node) {
    std::string out;
    std::size_t at = 0;
    for (;;) {
      const std::size_t begin = node.text.find("${", at);
      if (begin == std::string::npos) break;
      if (begin > at && node.text[begin - 1] == '$') {  // $${ is a literal ${
        out.append(node.text, at, begin - 1 - at).append("${");
        at = begin + 2;
        continue;
      }
      const std::size_t end = node.text.find('}', begin);
      if (end == std::string::npos)
        return errors_.add(node, "\"${\" without \"}\"; write $${ for a literal ${");
      out.append(node.text, at, begin - at);
      out += value_of(node, node.text.substr(begin + 2, end - begin - 2));
      if (out.size() > limits::kArgumentBytesMax)
        return errors_.add(node, "too long after its variables are put in");
      node.substituted = true;
      at = end + 1;
    }
    node.text = out + node.text.substr(at);
  }

  std::string value_of(const SpecNode& node, const std::string& name) {
    if (const auto it = vars_.find(name); it != vars_.end()) return it->second;
    const auto near = errors_.nearest(name, names_);
    errors_.add(
        node,
        "unknown variable \"" + name.substr(0, limits::kNameBytesMax) + "\" in \"" +
            node.text.substr(0, 60) + "\"" +
            (near ? "; did you mean \"" + *near + "\"?" : "; declare it under vars"),
        near ? "${" + *near + "}" : "vars: {" + name.substr(0, limits::kNameBytesMax) + ": …}");
    return "0";
  }

  const std::map<std::string, std::string>& vars_;
  std::vector<std::string> names_;
  SpecErrors& errors_;
};

}  // namespace

std::map<std::string, std::string> substitute_variables(
    SpecNode& root, const std::map<std::string, std::string>& set, SpecErrors& errors) {
  std::map<std::string, std::string> vars;
  if (const SpecNode* node = root.find("vars"); node != nullptr)
    for (std::size_t i = 0; i < node->keys.size(); ++i) {
      if (node->items[i].text.find("${") != std::string::npos)
        errors.add(node->items[i], "a variable cannot use another one");
      vars.emplace(node->keys[i].text, node->items[i].text);
    }
  std::vector<std::string> names;
  for (const auto& [name, value] : vars) names.push_back(name);
  for (const auto& [name, value] : set) {
    const auto it = vars.find(name);
    if (it == vars.end()) {
      const auto near = errors.nearest(name, names);
      errors.add_whole("unknown variable \"" + name + "\" in --set" +
                           (near ? "; did you mean \"" + *near + "\"?"
                                 : "; the spec has no such entry under vars"),
                       near ? "--set " + *near + "=" + value : "", "--set " + name + "=" + value);
    } else {
      it->second = value;
    }
  }
  Substitution substitution(vars, errors);
  for (std::size_t i = 0; i < root.items.size() && i < root.keys.size(); ++i)
    if (root.keys[i].text != "vars") substitution.walk(root.items[i]);
  return vars;
}

}  // namespace orch::protocol
