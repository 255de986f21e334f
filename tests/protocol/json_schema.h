#pragma once
// The part of JSON Schema draft-07 that our schema uses, to check documents against it. Unknown
// keywords are failures, so the schema cannot say something that this does not look at.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace orch::protocol {

/// "" if `document` fits `schema`, else where and why.
std::string schema_violation(const nlohmann::json& schema, const nlohmann::json& document);

/// YAML as JSON: plain scalars by YAML's core rules, quoted ones as strings.
nlohmann::json yaml_as_json(std::string_view yaml);

}  // namespace orch::protocol
