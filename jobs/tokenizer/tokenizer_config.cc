#include "jobs/tokenizer/tokenizer_config.h"

#include <nlohmann/json.hpp>

namespace orch::tokenizer {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kUnicodeKey = "orch_unicode";

// Not simdjson: published files hold integers of 30 digits.
Result<Json> read_object(std::string_view config_json, const std::string& where) {
  Json root = Json::parse(config_json, nullptr, false);
  if (!root.is_object()) return invalid(where + ": not a JSON object");
  return root;
}

}  // namespace

Result<std::string> parse_end_of_text(std::string_view config_json, const std::string& where) {
  ORCH_ASSIGN(const Json root, read_object(config_json, where));
  const auto token = root.find("eos_token");
  if (token == root.end() || token->is_null()) return std::string();
  if (token->is_string()) return token->get<std::string>();
  if (token->is_object()) {
    const auto content = token->find("content");
    if (content != token->end() && content->is_string()) return content->get<std::string>();
  }
  return invalid(where + ": eos_token must be a string or an object with content");
}

Result<UnicodeProfile> parse_config_unicode(std::string_view config_json,
                                            const std::string& where) {
  // Almost no file has the key: those are not parsed for it.
  if (config_json.find(kUnicodeKey) == std::string_view::npos) return UnicodeProfile{};
  ORCH_ASSIGN(const Json root, read_object(config_json, where));
  const auto version = root.find(kUnicodeKey);
  if (version == root.end()) return UnicodeProfile{};
  if (!version->is_string()) return invalid(where + ": " + kUnicodeKey + " must be a string");
  const Result<UnicodeProfile> profile = parse_unicode_profile(version->get<std::string>());
  if (!profile.ok()) return invalid(where + ": " + kUnicodeKey + ": " + profile.error().message);
  return profile;
}

Result<std::string> with_config_unicode(std::string_view config_json,
                                        const UnicodeProfile& unicode) {
  ORCH_ASSIGN(Json root, read_object(config_json, "tokenizer_config.json"));
  if (unicode == UnicodeProfile{}) {
    if (root.erase(kUnicodeKey) == 0) return std::string(config_json);
  } else {
    root[kUnicodeKey] = profile_text(unicode);
  }
  return root.dump(2) + "\n";
}

}  // namespace orch::tokenizer
