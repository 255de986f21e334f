#include <nlohmann/json.hpp>

#include "protocol/spec_parse.h"
#include "protocol/spec_table.h"

namespace orch::protocol {
namespace {

using Json = nlohmann::ordered_json;
using Kind = SpecShape::Kind;

constexpr const char* kNamePattern = "^(?=.*[a-z._-])[a-z0-9][a-z0-9._-]{0,127}$";
constexpr const char* kVariablePattern = "\\$\\{[^}]+\\}";

Json ref(const char* definition) { return {{"$ref", std::string("#/definitions/") + definition}}; }

/// Whole numbers without a fraction, so that they read well.
Json plain(double value) {
  const auto integer = static_cast<std::int64_t>(value);
  return static_cast<double>(integer) == value ? Json(integer) : Json(value);
}

/// The value itself, or a string with a ${variable}.
Json or_variable(Json schema) {
  return {{"anyOf", Json::array({std::move(schema), ref("variable")})}};
}

Json schema_of(const SpecShape& shape);

Json record_schema(const SpecShape& shape) {
  Json properties = Json::object();
  Json required = Json::array();
  Json blocks = Json::array();
  for (const auto& field : shape.fields) {
    Json property = schema_of(field.shape);
    // Siblings of $ref are ignored in draft-07.
    if (property.contains("$ref")) property = {{"allOf", Json::array({std::move(property)})}};
    property["description"] = field.doc;
    properties[field.key] = std::move(property);
    if (field.required) required.push_back(field.key);
    if (field.block) blocks.push_back({{"required", {field.key}}});
  }
  Json out = {
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  if (!blocks.empty()) out["oneOf"] = std::move(blocks);
  return out;
}

Json dictionary_schema(const SpecShape& shape) {
  Json out = {{"type", "object"},
              {"additionalProperties", schema_of(shape.parts[0])},
              {"minProperties", shape.items_min},
              {"maxProperties", shape.items_max}};
  if (!shape.free_keys) out["propertyNames"] = {{"pattern", kNamePattern}};
  return out;
}

Json schema_of(const SpecShape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      return ref("text");
    case Kind::kString:
      return {{"type", "string"}};
    case Kind::kName:
      return or_variable({{"type", "string"}, {"pattern", kNamePattern}});
    case Kind::kInteger:
      return or_variable(
          {{"type", "integer"}, {"minimum", plain(shape.low)}, {"maximum", plain(shape.high)}});
    case Kind::kNumber:
      return or_variable({{"type", "number"},
                          {shape.above_low ? "exclusiveMinimum" : "minimum", plain(shape.low)},
                          {"maximum", plain(shape.high)}});
    case Kind::kBoolean:
      return or_variable({{"type", "boolean"}});
    case Kind::kDuration:
      return ref("duration");
    case Kind::kSize:
      return ref("size");
    case Kind::kReference:
      return ref("reference");
    case Kind::kChoice:
      return or_variable({{"enum", shape.choices}});
    case Kind::kRecord:
      return record_schema(shape);
    case Kind::kDictionary:
      return dictionary_schema(shape);
    case Kind::kList:
      return {{"type", "array"},
              {"items", schema_of(shape.parts[0])},
              {"minItems", shape.items_min},
              {"maxItems", shape.items_max}};
    case Kind::kScalarOrRecord:
      return {{"anyOf", Json::array({schema_of(shape.parts[0]), schema_of(shape.parts[1])})}};
  }
  return Json::object();
}

Json definitions() {
  return {
      {"variable", {{"type", "string"}, {"pattern", kVariablePattern}}},
      {"text", {{"type", {"string", "number", "boolean"}}}},
      {"duration",
       {{"description", "300ms, 5s, 3m, 2h, 7d, or joined: 1h30m"},
        {"type", {"string", "integer"}},
        {"pattern", "^(0|([0-9]+(ns|us|ms|s|m|h|d))+)$|\\$\\{[^}]+\\}"},
        {"minimum", 0},
        {"maximum", 0}}},
      {"size",
       {{"description", "512MiB, 1GiB"},
        {"type", "string"},
        {"pattern", "^[0-9]+(B|KiB|MiB|GiB|TiB)$|\\$\\{[^}]+\\}"}}},
      {"reference",
       {{"description", "\"@task\", \"@task/output\", \"sha:DIGEST\", \"name:tag\", or a path"},
        {"type", "string"},
        {"minLength", 1}}},
  };
}

}  // namespace

std::string spec_json_schema() {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Orch job spec, version 1"}};
  const Json job = record_schema(job_shape());
  for (const auto& [key, value] : job.items()) schema[key] = value;
  schema["definitions"] = definitions();
  return schema.dump(2) + "\n";
}

}  // namespace orch::protocol
