#include "jobs/model/layout.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/check.h"
#include "base/random.h"

namespace orch::model {
namespace {

struct Builder {
  Layout layout;

  void add(std::string name, std::vector<std::int64_t> shape) {
    Parameter parameter;
    parameter.name = std::move(name);
    parameter.size = 1;
    for (const std::int64_t extent : shape) parameter.size *= extent;
    parameter.decay = shape.size() > 1;
    parameter.shape = std::move(shape);
    parameter.offset = layout.total;
    layout.total += (parameter.size + kBlock - 1) / kBlock * kBlock;
    layout.parameters.push_back(std::move(parameter));
  }

  // Weights of one group first, then their biases: the group's weights are contiguous when each
  // fills its blocks, and are then multiplied as one matrix.
  void add_linears(const std::string& prefix, const std::vector<std::string>& names,
                   const std::vector<std::int64_t>& outs, std::int64_t in, bool bias) {
    for (std::size_t i = 0; i < names.size(); ++i)
      add(prefix + names[i] + ".weight", {outs[i], in});
    for (std::size_t i = 0; bias && i < names.size(); ++i)
      add(prefix + names[i] + ".bias", {outs[i]});
  }
};

// Box-Muller on a pair of counter-based words; element 2i takes the cosine, 2i + 1 the sine.
double normal(std::uint64_t seed, std::uint64_t tensor, std::uint64_t element) {
  const std::uint64_t pair = element >> 1;
  const double u =
      (static_cast<double>(random_word(seed, tensor, pair, 0) >> 11) + 0.5) * 0x1.0p-53;
  const double w =
      (static_cast<double>(random_word(seed, tensor, pair, 1) >> 11) + 0.5) * 0x1.0p-53;
  const double radius = std::sqrt(-2.0 * std::log(u));
  const double angle = 2.0 * std::numbers::pi * w;
  return radius * ((element & 1) != 0 ? std::sin(angle) : std::cos(angle));
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

const Parameter* Layout::find(const std::string& name) const {
  for (const Parameter& parameter : parameters) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

Layout make_layout(const Config& config) {
  Builder builder;
  const std::int64_t d = config.hidden_size, f = config.intermediate_size;
  builder.add("model.embed_tokens.weight", {config.vocab_size, d});
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    builder.add(layer + "input_layernorm.weight", {d});
    builder.add_linears(layer + "self_attn.", {"q_proj", "k_proj", "v_proj"},
                        {config.q_size(), config.kv_size(), config.kv_size()}, d,
                        config.attention_bias);
    builder.add_linears(layer + "self_attn.", {"o_proj"}, {d}, config.q_size(),
                        config.attention_bias);
    builder.add(layer + "post_attention_layernorm.weight", {d});
    builder.add_linears(layer + "mlp.", {"gate_proj", "up_proj"}, {f, f}, d, config.mlp_bias);
    builder.add_linears(layer + "mlp.", {"down_proj"}, {d}, f, config.mlp_bias);
  }
  builder.add("model.norm.weight", {d});
  if (!config.tie_word_embeddings) builder.add("lm_head.weight", {config.vocab_size, d});
  return std::move(builder.layout);
}

void initialise(const Config& config, const Layout& layout, std::uint64_t seed,
                std::span<float> parameters) {
  ORCH_CHECK(static_cast<std::int64_t>(parameters.size()) == layout.total,
             "%zu floats, layout %lld", parameters.size(), static_cast<long long>(layout.total));
  std::fill(parameters.begin(), parameters.end(), 0.0F);
  const double residual = 1.0 / std::sqrt(2.0 * static_cast<double>(config.num_hidden_layers));
  for (std::size_t i = 0; i < layout.parameters.size(); ++i) {
    const Parameter& parameter = layout.parameters[i];
    float* values = parameters.data() + parameter.offset;
    if (ends_with(parameter.name, ".bias")) continue;
    if (parameter.shape.size() == 1) {
      std::fill(values, values + parameter.size, 1.0F);
      continue;
    }
    const bool to_residual =
        ends_with(parameter.name, "o_proj.weight") || ends_with(parameter.name, "down_proj.weight");
    const double deviation = config.initializer_range * (to_residual ? residual : 1.0);
    for (std::int64_t j = 0; j < parameter.size; ++j) {
      values[j] = static_cast<float>(deviation * normal(seed, i, static_cast<std::uint64_t>(j)));
    }
  }
}

}  // namespace orch::model
