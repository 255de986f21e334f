#pragma once
// A Llama model's shape and constants, as Hugging Face's config.json holds them: read from
// transformers 4.x and 5.x, written so that both load it. Plain values, any thread.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orch::model {

/// How rotary frequencies are derived from rope_theta.
struct RopeScaling {
  enum class Kind : unsigned char { kDefault, kLinear, kLlama3 };
  Kind kind = Kind::kDefault;
  double factor = 1.0;
  double low_freq_factor = 1.0;
  double high_freq_factor = 4.0;
  std::int64_t original_max_position_embeddings = 8192;
  bool operator==(const RopeScaling&) const = default;
};

/// Field names are config.json's.
struct Config {
  std::int64_t vocab_size = 32000;
  std::int64_t hidden_size = 4096;
  std::int64_t intermediate_size = 11008;
  std::int64_t num_hidden_layers = 32;
  std::int64_t num_attention_heads = 32;
  std::int64_t num_key_value_heads = 32;
  std::int64_t head_dim = 128;
  std::int64_t max_position_embeddings = 2048;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  RopeScaling rope_scaling;
  bool tie_word_embeddings = false;
  bool attention_bias = false;  ///< on q, k, v and o
  bool mlp_bias = false;        ///< on gate, up and down
  double initializer_range = 0.02;
  std::int64_t bos_token_id = -1;  ///< -1: none
  std::int64_t pad_token_id = -1;  ///< -1: none
  std::vector<std::int64_t>
      eos_token_ids;  ///< may be empty; one is written as a number, several as a list
  bool operator==(const Config&) const = default;

  std::int64_t q_size() const { return num_attention_heads * head_dim; }
  std::int64_t kv_size() const { return num_key_value_heads * head_dim; }
  std::int64_t qkv_size() const { return q_size() + 2 * kv_size(); }
};

/// Sizes positive and within limits, heads divisible, head_dim even, constants finite. `where`
/// names the source.
Result<void> check_config(const Config& config, const std::string& where);
/// Errors: kInvalid with `where` and the key: not JSON, not a Llama, an unknown activation or rope
/// type, a bad number.
Result<Config> parse_config(std::string_view json, const std::string& where);
/// config.json with keys for transformers 4.x (rope_theta, rope_scaling, torch_dtype) and 5.x
/// (rope_parameters, dtype).
std::string config_json(const Config& config);
/// generation_config.json: bos, eos and pad ids, greedy.
std::string generation_config_json(const Config& config);

}  // namespace orch::model
