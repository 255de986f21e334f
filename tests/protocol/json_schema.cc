#include "tests/protocol/json_schema.h"

#include <yaml-cpp/yaml.h>

#include <regex>
#include <set>

namespace orch::protocol {
namespace {

using Json = nlohmann::json;

class Validator {
 public:
  explicit Validator(const Json& root) : root_(root) {}

  std::string check(const Json& schema, const Json& value, const std::string& path) const {
    if (schema.contains("$ref")) return check(definition(schema["$ref"]), value, path);
    for (const auto& [keyword, argument] : schema.items()) {
      const std::string wrong = keyword_violation(keyword, argument, schema, value, path);
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

 private:
  const Json& definition(const std::string& reference) const {
    return root_.at(Json::json_pointer(reference.substr(1)));
  }

  static bool has_type(const Json& value, const std::string& type) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
  }
  static bool has_some_type(const Json& value, const Json& types) {
    if (types.is_string()) return has_type(value, types);
    for (const auto& type : types)
      if (has_type(value, type)) return true;
    return false;
  }
  int matches(const Json& schemas, const Json& value, const std::string& path) const {
    int count = 0;
    for (const auto& schema : schemas) count += check(schema, value, path).empty() ? 1 : 0;
    return count;
  }

  std::string keyword_violation(const std::string& keyword, const Json& argument,
                                const Json& schema, const Json& value,
                                const std::string& path) const {
    static const std::set<std::string> kAnnotations = {"$schema", "title", "description",
                                                       "definitions"};
    const std::string wrong = path + ": " + keyword;
    if (kAnnotations.contains(keyword)) return {};
    if (keyword == "type") return has_some_type(value, argument) ? "" : wrong;
    if (keyword == "enum")
      return std::find(argument.begin(), argument.end(), value) != argument.end() ? "" : wrong;
    if (keyword == "anyOf") return matches(argument, value, path) > 0 ? "" : wrong;
    if (keyword == "oneOf") return matches(argument, value, path) == 1 ? "" : wrong;
    if (keyword == "allOf")
      return matches(argument, value, path) == static_cast<int>(argument.size()) ? "" : wrong;
    if (keyword == "minimum") return value.is_number() && value < argument ? wrong : "";
    if (keyword == "maximum") return value.is_number() && value > argument ? wrong : "";
    if (keyword == "exclusiveMinimum") return value.is_number() && value <= argument ? wrong : "";
    if (keyword == "pattern")
      return value.is_string() && !std::regex_search(value.get<std::string>(),
                                                     std::regex(argument.get<std::string>()))
                 ? wrong
                 : "";
    if (keyword == "minLength")
      return value.is_string() && value.get<std::string>().size() < argument ? wrong : "";
    if (keyword == "minItems") return value.is_array() && value.size() < argument ? wrong : "";
    if (keyword == "maxItems") return value.is_array() && value.size() > argument ? wrong : "";
    if (keyword == "minProperties")
      return value.is_object() && value.size() < argument ? wrong : "";
    if (keyword == "maxProperties")
      return value.is_object() && value.size() > argument ? wrong : "";
    return container_violation(keyword, argument, schema, value, path);
  }

  std::string container_violation(const std::string& keyword, const Json& argument,
                                  const Json& schema, const Json& value,
                                  const std::string& path) const {
    std::string wrong;
    if (keyword == "items") {
      if (value.is_array())
        for (const auto& item : value)
          if (wrong.empty()) wrong = check(argument, item, path + "[]");
    } else if (keyword == "required") {
      for (const auto& key : argument)
        if (value.is_object() && !value.contains(key))
          wrong = path + " lacks " + key.get<std::string>();
    } else if (keyword == "properties") {
      for (const auto& [key, below] : argument.items())
        if (value.is_object() && value.contains(key) && wrong.empty())
          wrong = check(below, value[key], path + "." + key);
    } else if (keyword == "additionalProperties") {
      const Json known = schema.value("properties", Json::object());
      const Json members = value.is_object() ? value : Json::object();
      for (const auto& [key, item] : members.items())
        if (!known.contains(key) && wrong.empty())
          wrong = argument.is_boolean() ? (argument ? "" : path + " has unknown " + key)
                                        : check(argument, item, path + "." + key);
    } else if (keyword == "propertyNames") {
      if (value.is_object())
        for (const auto& [key, item] : value.items())
          if (wrong.empty()) wrong = check(argument, key, path + " key " + key);
    } else {
      wrong = path + ": the test knows no keyword " + keyword;
    }
    return wrong;
  }

  const Json& root_;
};

Json scalar_as_json(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return text;
  if (text == "true") return true;
  if (text == "false") return false;
  static const std::regex integer("[-+]?[0-9]+"),
      number("[-+]?([.][0-9]+|[0-9]+([.][0-9]*)?)([eE][-+]?[0-9]+)?");
  if (std::regex_match(text, integer)) return std::stoll(text);
  if (std::regex_match(text, number)) return std::stod(text);
  return text;
}

Json node_as_json(const YAML::Node& node) {
  if (node.IsScalar()) return scalar_as_json(node);
  if (node.IsNull()) return nullptr;
  Json out = node.IsSequence() ? Json::array() : Json::object();
  for (const auto& item : node) {
    if (node.IsSequence())
      out.push_back(node_as_json(item));
    else
      out[item.first.Scalar()] = node_as_json(item.second);
  }
  return out;
}

}  // namespace

std::string schema_violation(const Json& schema, const Json& document) {
  return Validator(schema).check(schema, document, "$");
}

Json yaml_as_json(std::string_view yaml) { return node_as_json(YAML::Load(std::string(yaml))); }

}  // namespace orch::protocol
