#include "jobs/model/config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "jobs/model/aligned_buffer.h"
#include "jobs/model/layout.h"

namespace orch::model {
namespace {

Config demo() {
  Config config;
  config.vocab_size = 2048;
  config.hidden_size = 128;
  config.intermediate_size = 352;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 4;
  config.head_dim = 32;
  config.max_position_embeddings = 512;
  config.rms_norm_eps = 1e-5;
  config.tie_word_embeddings = true;
  config.initializer_range = 0.05;
  config.eos_token_ids = {0};
  return config;
}

std::string error_of(const std::string& json) {
  const Result<Config> config = parse_config(json, "m/config.json");
  return config.ok() ? "accepted" : config.error().message;
}

TEST(Config, WhatIsWrittenIsReadBack) {
  Config config = demo();
  EXPECT_EQ(parse_config(config_json(config), "x").value(), config);
  config.rope_scaling = {RopeScaling::Kind::kLlama3, 32.0, 1.0, 4.0, 8192};
  config.rope_theta = 500000.0;
  config.attention_bias = config.mlp_bias = true;
  config.num_key_value_heads = 2;
  config.head_dim = 24;
  config.bos_token_id = 5;
  config.pad_token_id = 7;
  config.eos_token_ids = {1, 2, 3};
  EXPECT_EQ(parse_config(config_json(config), "x").value(), config);
  config.rope_scaling = {};
  config.rope_scaling.kind = RopeScaling::Kind::kLinear;
  config.rope_scaling.factor = 2.5;
  EXPECT_EQ(parse_config(config_json(config), "x").value(), config);
}

TEST(Config, ReadsTransformers4) {
  const Config config =
      parse_config(R"({"architectures": ["LlamaForCausalLM"], "model_type": "llama",
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "vocab_size": 128256,
    "rope_scaling": {"factor": 8.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
    "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "torch_dtype": "bfloat16",
    "max_position_embeddings": 131072, "eos_token_id": [128001, 128008, 128009],
    "bos_token_id": 128000, "tie_word_embeddings": false})",
                   "x")
          .value();
  EXPECT_EQ(config.head_dim, 128);
  EXPECT_EQ(config.rope_theta, 500000.0);
  EXPECT_EQ(config.rope_scaling.kind, RopeScaling::Kind::kLlama3);
  EXPECT_EQ(config.eos_token_ids.size(), 3U);
}

TEST(Config, ReadsTransformers5) {
  const Config config =
      parse_config(R"({"model_type": "llama", "hidden_size": 64, "intermediate_size": 96,
    "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 20,
    "vocab_size": 100, "dtype": "float32", "rope_parameters": {"rope_theta": 20000.0,
    "rope_type": "linear", "factor": 3.0}, "pad_token_id": null})",
                   "x")
          .value();
  EXPECT_EQ(config.head_dim, 20);
  EXPECT_EQ(config.rope_theta, 20000.0);
  EXPECT_EQ(config.rope_scaling.kind, RopeScaling::Kind::kLinear);
  EXPECT_EQ(config.pad_token_id, -1);
}

TEST(Config, RefusesWithFileAndKey) {
  const std::string sizes =
      R"("hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4)";
  EXPECT_EQ(error_of("{"), "m/config.json: not a JSON object");
  EXPECT_EQ(error_of("[]"), "m/config.json: not a JSON object");
  EXPECT_EQ(error_of("{" + sizes + "}"), "m/config.json: key 'vocab_size' is missing");
  EXPECT_EQ(error_of("{" + sizes + R"(, "vocab_size": "many"})"),
            "m/config.json: key 'vocab_size': expected an integer, found \"many\"");
  const std::string all = "{" + sizes + R"(, "vocab_size": 10)";
  EXPECT_EQ(error_of(all + "}"), "accepted");
  for (const char* bad :
       {R"("model_type": "bloom")", R"("hidden_act": "gelu")", R"("num_key_value_heads": 3)",
        R"("head_dim": 7)", R"("head_dim": 1000)", R"("rope_theta": -1)", R"("rms_norm_eps": -0.5)",
        R"("rope_scaling": {"rope_type": "yarn", "factor": 2.0})", R"("rope_scaling": 3)",
        R"("rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5})",
        R"("rope_scaling": {"rope_type": "llama3", "factor": 2.0})", R"("eos_token_id": "x")",
        R"("rope_parameters": {"rope_type": "linear", "factor": 0})", R"("mlp_bias": 1)",
        R"("max_position_embeddings": 99999999999999999999)", R"("vocab_size": 0)"}) {
    const std::string message = error_of(all + ", " + bad + "}");
    EXPECT_EQ(message.find("m/config.json: "), 0U) << bad << " gave " << message;
  }
}

TEST(Layout, TensorsStartOnBlocksInFixedOrder) {
  const Layout layout = make_layout(demo());
  std::int64_t end = 0, floats = 0;
  for (const Parameter& p : layout.parameters) {
    EXPECT_EQ(p.offset % kBlock, 0) << p.name;
    EXPECT_GE(p.offset, end) << p.name;
    EXPECT_LT(p.offset - end, kBlock) << p.name;
    EXPECT_EQ(p.decay, p.shape.size() == 2) << p.name;
    end = p.offset + p.size;
    floats += p.size;
  }
  EXPECT_EQ(floats, 664'192);
  EXPECT_EQ(layout.total % kBlock, 0);
  EXPECT_EQ(layout.find("lm_head.weight"), nullptr);
  EXPECT_EQ(layout.parameters.size(), 1U + 2 * 9 + 1);
}

TEST(Layout, InitialisationIsAFunctionOfSeedAndElement) {
  const Config config = demo();
  const Layout layout = make_layout(config);
  AlignedBuffer a(layout.total), b(layout.total), other(layout.total);
  initialise(config, layout, 1, a.span());
  initialise(config, layout, 1, b.span());
  initialise(config, layout, 2, other.span());
  EXPECT_TRUE(std::equal(a.span().begin(), a.span().end(), b.span().begin()));
  EXPECT_FALSE(std::equal(a.span().begin(), a.span().end(), other.span().begin()));
  const auto deviation = [&](const char* name) {
    const Parameter* p = layout.find(name);
    double sum = 0.0, squares = 0.0;
    for (std::int64_t i = 0; i < p->size; ++i) {
      const double x = a.data()[p->offset + i];
      sum += x;
      squares += x * x;
    }
    EXPECT_NEAR(sum / static_cast<double>(p->size), 0.0, 1e-3) << name;
    return std::sqrt(squares / static_cast<double>(p->size));
  };
  EXPECT_NEAR(deviation("model.embed_tokens.weight"), 0.05, 5e-4);
  EXPECT_NEAR(deviation("model.layers.0.self_attn.q_proj.weight"), 0.05, 1e-3);
  EXPECT_NEAR(deviation("model.layers.1.mlp.down_proj.weight"), 0.025, 5e-4);
  EXPECT_EQ(a.data()[layout.find("model.norm.weight")->offset], 1.0F);
}

}  // namespace
}  // namespace orch::model
