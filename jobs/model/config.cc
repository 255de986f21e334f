#include "jobs/model/config.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace orch::model {
namespace {
using Json = nlohmann::ordered_json;

constexpr std::int64_t kVocabularyMax = 1 << 24;
constexpr std::int64_t kWidthMax = 1 << 17;
constexpr std::int64_t kLayersMax = 1024;
constexpr std::int64_t kHeadDimMax = 256;
constexpr std::int64_t kPositionsMax = 1 << 24;

// Reads keys of one object; the first problem is kept, later reads then change nothing.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  bool has(const char* key) const { return object_.contains(key) && !object_.at(key).is_null(); }
  const Json& at(const char* key) const { return object_.at(key); }

  void integer(const char* key, std::int64_t& value, bool required = false) {
    if (!has(key)) return missing(key, required);
    const Json& json = at(key);
    if (!json.is_number_integer()) return wrong(key, "an integer");
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX)
      return wrong(key, "an integer below 2^63");
    value = json.get<std::int64_t>();
  }
  void number(const char* key, double& value, bool required = false) {
    if (!has(key)) return missing(key, required);
    if (!at(key).is_number()) return wrong(key, "a number");
    value = at(key).get<double>();
  }
  void boolean(const char* key, bool& value) {
    if (!has(key)) return;
    if (!at(key).is_boolean()) return wrong(key, "true or false");
    value = at(key).get<bool>();
  }
  std::string text(const char* key, const std::string& otherwise) {
    if (!has(key)) return otherwise;
    if (!at(key).is_string()) {
      wrong(key, "a string");
      return otherwise;
    }
    return at(key).get<std::string>();
  }
  void wrong(const std::string& key, const std::string& expected) {
    std::string seen = object_.contains(key)
                           ? object_.at(key).dump(-1, ' ', true, Json::error_handler_t::replace)
                           : "nothing";
    if (seen.size() > 60) seen = seen.substr(0, 57) + "...";
    fail("key '" + key + "': expected " + expected + ", found " + seen);
  }
  void missing(const char* key, bool required) {
    if (required) fail("key '" + std::string(key) + "' is missing");
  }
  void fail(const std::string& message) {
    if (error_.empty()) error_ = where_ + ": " + message;
  }
  const std::string& error() const { return error_; }

 private:
  const Json& object_;
  std::string where_;
  std::string error_;
};

void read_rope_object(Reader& reader, Config& config) {
  RopeScaling& scaling = config.rope_scaling;
  const std::string type = reader.text("rope_type", reader.text("type", "default"));
  reader.number("rope_theta", config.rope_theta);
  double rotated = 1.0;
  reader.number("partial_rotary_factor", rotated);
  if (rotated != 1.0) reader.fail("partial_rotary_factor other than 1 is not supported");
  if (type == "default") return;
  if (type == "linear") {
    scaling.kind = RopeScaling::Kind::kLinear;
    reader.number("factor", scaling.factor, true);
  } else if (type == "llama3") {
    scaling.kind = RopeScaling::Kind::kLlama3;
    reader.number("factor", scaling.factor, true);
    reader.number("low_freq_factor", scaling.low_freq_factor, true);
    reader.number("high_freq_factor", scaling.high_freq_factor, true);
    reader.integer("original_max_position_embeddings", scaling.original_max_position_embeddings,
                   true);
  } else {
    reader.fail("rope type '" + type + "' is not supported (default, linear, llama3 are)");
  }
}

Result<void> read_rope(Reader& reader, const std::string& where, Config& config) {
  reader.number("rope_theta", config.rope_theta);
  // 5.x writes rope_parameters; 4.x rope_scaling. Ours holds both, which agree.
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    if (!reader.has(key)) continue;
    if (!reader.at(key).is_object()) {
      reader.wrong(key, "an object");
      return {};
    }
    Reader rope(reader.at(key), where + ": " + key);
    read_rope_object(rope, config);
    if (!rope.error().empty()) return invalid(rope.error());
    return {};
  }
  return {};
}

void read_token_ids(Reader& reader, Config& config) {
  reader.integer("bos_token_id", config.bos_token_id);
  reader.integer("pad_token_id", config.pad_token_id);
  if (!reader.has("eos_token_id")) return;
  const Json& eos = reader.at("eos_token_id");
  if (eos.is_number_integer()) {
    config.eos_token_ids = {eos.get<std::int64_t>()};
    return;
  }
  if (!eos.is_array()) return reader.wrong("eos_token_id", "an integer or a list of integers");
  for (const Json& id : eos) {
    if (!id.is_number_integer()) return reader.wrong("eos_token_id", "a list of integers");
    config.eos_token_ids.push_back(id.get<std::int64_t>());
  }
}

Result<void> in_range(std::int64_t value, std::int64_t low, std::int64_t high, const char* key,
                      const std::string& where) {
  if (value >= low && value <= high) return {};
  return invalid(where + ": key '" + key + "': " + std::to_string(value) + " is not in " +
                 std::to_string(low) + " … " + std::to_string(high));
}

Json rope_object(const Config& config) {
  const RopeScaling& scaling = config.rope_scaling;
  Json rope;
  if (scaling.kind == RopeScaling::Kind::kLlama3) {
    rope = {{"rope_type", "llama3"},
            {"factor", scaling.factor},
            {"low_freq_factor", scaling.low_freq_factor},
            {"high_freq_factor", scaling.high_freq_factor},
            {"original_max_position_embeddings", scaling.original_max_position_embeddings}};
  } else if (scaling.kind == RopeScaling::Kind::kLinear) {
    rope = {{"rope_type", "linear"}, {"factor", scaling.factor}};
  } else {
    rope = {{"rope_type", "default"}};
  }
  return rope;
}

void write_token_ids(Json& json, const Config& config) {
  json["bos_token_id"] = config.bos_token_id < 0 ? Json() : Json(config.bos_token_id);
  if (config.eos_token_ids.empty()) {
    json["eos_token_id"] = nullptr;
  } else if (config.eos_token_ids.size() == 1) {
    json["eos_token_id"] = config.eos_token_ids[0];
  } else {
    json["eos_token_id"] = config.eos_token_ids;
  }
  json["pad_token_id"] = config.pad_token_id < 0 ? Json() : Json(config.pad_token_id);
}

}  // namespace

Result<void> check_config(const Config& config, const std::string& where) {
  ORCH_TRY(in_range(config.vocab_size, 1, kVocabularyMax, "vocab_size", where));
  ORCH_TRY(in_range(config.hidden_size, 1, kWidthMax, "hidden_size", where));
  ORCH_TRY(in_range(config.intermediate_size, 1, 4 * kWidthMax, "intermediate_size", where));
  ORCH_TRY(in_range(config.num_hidden_layers, 1, kLayersMax, "num_hidden_layers", where));
  ORCH_TRY(in_range(config.num_attention_heads, 1, 1024, "num_attention_heads", where));
  ORCH_TRY(in_range(config.num_key_value_heads, 1, config.num_attention_heads,
                    "num_key_value_heads", where));
  ORCH_TRY(in_range(config.head_dim, 2, kHeadDimMax, "head_dim", where));
  ORCH_TRY(
      in_range(config.max_position_embeddings, 1, kPositionsMax, "max_position_embeddings", where));
  if (config.num_attention_heads % config.num_key_value_heads != 0) {
    return invalid(where + ": num_attention_heads " + std::to_string(config.num_attention_heads) +
                   " is not a multiple of num_key_value_heads " +
                   std::to_string(config.num_key_value_heads));
  }
  if (config.head_dim % 2 != 0) {
    return invalid(where + ": head_dim " + std::to_string(config.head_dim) + " is odd");
  }
  const RopeScaling& scaling = config.rope_scaling;
  const auto positive = [](double x) { return std::isfinite(x) && x > 0.0; };
  if (!std::isfinite(config.rms_norm_eps) || config.rms_norm_eps < 0.0) {
    return invalid(where + ": key 'rms_norm_eps' must be finite and not negative");
  }
  if (!positive(config.rope_theta)) return invalid(where + ": key 'rope_theta' must be positive");
  if (!std::isfinite(config.initializer_range) || config.initializer_range < 0.0) {
    return invalid(where + ": key 'initializer_range' must be finite and not negative");
  }
  if (!positive(scaling.factor) || !positive(scaling.low_freq_factor) ||
      !positive(scaling.high_freq_factor) || scaling.original_max_position_embeddings < 1) {
    return invalid(where + ": rope scaling: factors and positions must be positive");
  }
  return {};
}

Result<Config> parse_config(std::string_view json, const std::string& where) {
  const Json object = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return invalid(where + ": not a JSON object");
  Reader reader(object, where);
  if (const std::string type = reader.text("model_type", "llama"); type != "llama") {
    reader.fail("model_type '" + type + "' is not supported (llama is)");
  }
  if (const std::string act = reader.text("hidden_act", "silu"); act != "silu" && act != "swish") {
    reader.fail("hidden_act '" + act + "' is not supported (silu is)");
  }
  Config config;
  reader.integer("vocab_size", config.vocab_size, true);
  reader.integer("hidden_size", config.hidden_size, true);
  reader.integer("intermediate_size", config.intermediate_size, true);
  reader.integer("num_hidden_layers", config.num_hidden_layers, true);
  reader.integer("num_attention_heads", config.num_attention_heads, true);
  config.num_key_value_heads = config.num_attention_heads;
  reader.integer("num_key_value_heads", config.num_key_value_heads);
  config.head_dim =
      config.num_attention_heads > 0 ? config.hidden_size / config.num_attention_heads : 0;
  reader.integer("head_dim", config.head_dim);
  reader.integer("max_position_embeddings", config.max_position_embeddings);
  reader.number("rms_norm_eps", config.rms_norm_eps);
  reader.boolean("tie_word_embeddings", config.tie_word_embeddings);
  reader.boolean("attention_bias", config.attention_bias);
  reader.boolean("mlp_bias", config.mlp_bias);
  reader.number("initializer_range", config.initializer_range);
  read_token_ids(reader, config);
  ORCH_TRY(read_rope(reader, where, config));
  if (!reader.error().empty()) return invalid(reader.error());
  ORCH_TRY(check_config(config, where));
  return config;
}

std::string config_json(const Config& config) {
  Json json;
  json["architectures"] = {"LlamaForCausalLM"};
  json["attention_bias"] = config.attention_bias;
  json["attention_dropout"] = 0.0;
  json["dtype"] = "float32";
  json["head_dim"] = config.head_dim;
  json["hidden_act"] = "silu";
  json["hidden_size"] = config.hidden_size;
  json["initializer_range"] = config.initializer_range;
  json["intermediate_size"] = config.intermediate_size;
  json["max_position_embeddings"] = config.max_position_embeddings;
  json["mlp_bias"] = config.mlp_bias;
  json["model_type"] = "llama";
  json["num_attention_heads"] = config.num_attention_heads;
  json["num_hidden_layers"] = config.num_hidden_layers;
  json["num_key_value_heads"] = config.num_key_value_heads;
  json["pretraining_tp"] = 1;
  json["rms_norm_eps"] = config.rms_norm_eps;
  Json parameters = rope_object(config);
  json["rope_scaling"] =
      config.rope_scaling.kind == RopeScaling::Kind::kDefault ? Json() : parameters;
  parameters["rope_theta"] = config.rope_theta;
  json["rope_parameters"] = parameters;
  json["rope_theta"] = config.rope_theta;
  json["tie_word_embeddings"] = config.tie_word_embeddings;
  json["torch_dtype"] = "float32";
  json["use_cache"] = true;
  json["vocab_size"] = config.vocab_size;
  write_token_ids(json, config);
  return json.dump(2) + "\n";
}

std::string generation_config_json(const Config& config) {
  Json json;
  json["do_sample"] = false;
  write_token_ids(json, config);
  return json.dump(2) + "\n";
}

}  // namespace orch::model
