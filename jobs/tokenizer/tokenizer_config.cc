#include <nlohmann/json.hpp>

#include "jobs/tokenizer/tokenizer_file.h"

namespace orch::tokenizer {

// Not simdjson: published files hold integers of 30 digits.
Result<std::string> parse_end_of_text(std::string_view config_json, const std::string& where) {
  const auto root = nlohmann::json::parse(config_json, nullptr, false);
  if (!root.is_object()) return invalid(where + ": not a JSON object");
  const auto token = root.find("eos_token");
  if (token == root.end() || token->is_null()) return std::string();
  if (token->is_string()) return token->get<std::string>();
  if (token->is_object()) {
    const auto content = token->find("content");
    if (content != token->end() && content->is_string()) return content->get<std::string>();
  }
  return invalid(where + ": eos_token must be a string or an object with content");
}

}  // namespace orch::tokenizer
