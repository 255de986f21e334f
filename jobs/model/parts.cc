#include "jobs/model/parts.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "jobs/model/gemm.h"

namespace orch::model {
namespace {

std::int64_t offset_of(const Layout& layout, const std::string& name) {
  const Parameter* parameter = layout.find(name);
  ORCH_CHECK(parameter != nullptr, "no tensor %s in the layout", name.c_str());
  return parameter->offset;
}

LinearGroup make_group(const Layout& layout, const std::string& prefix,
                       const std::vector<std::string>& names, bool bias) {
  LinearGroup group;
  group.count = static_cast<int>(names.size());
  group.fused = true;
  for (int i = 0; i < group.count; ++i) {
    const auto n = static_cast<std::size_t>(i);
    const Parameter* weight = layout.find(prefix + names[n] + ".weight");
    ORCH_CHECK(weight != nullptr, "no weight for %s", names[n].c_str());
    group.weight[n] = weight->offset;
    group.out[n] = weight->shape[0];
    group.in = weight->shape[1];
    group.bias[n] = bias ? offset_of(layout, prefix + names[n] + ".bias") : -1;
    group.fused = group.fused && group.weight[n] == group.weight[0] + group.out_total * group.in;
    group.out_total += group.out[n];
  }
  return group;
}

kernels::RopeScaling kernel_scaling(const RopeScaling& from) {
  kernels::RopeScaling to;
  using Kind = kernels::RopeScaling::Kind;
  to.kind = from.kind == RopeScaling::Kind::kLlama3   ? Kind::kLlama3
            : from.kind == RopeScaling::Kind::kLinear ? Kind::kLinear
                                                      : Kind::kNone;
  to.factor = from.factor;
  to.low_frequency_factor = from.low_freq_factor;
  to.high_frequency_factor = from.high_freq_factor;
  to.original_positions = static_cast<double>(from.original_max_position_embeddings);
  return to;
}

}  // namespace

void LinearGroup::forward(const float* parameters, const float* x, float* y, std::int64_t rows,
                          float beta) const {
  if (fused) {
    multiply_by_transposed(y, out_total, x, in, parameters + weight[0], in, rows, in, out_total,
                           beta);
  }
  std::int64_t column = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (!fused) {
      multiply_by_transposed(y + column, out_total, x, in, parameters + weight[i], in, rows, in,
                             out[i], beta);
    }
    if (bias[i] >= 0) {
      const float* b = parameters + bias[i];
      for (std::int64_t r = 0; r < rows; ++r) {
        float* row = y + r * out_total + column;
        for (std::int64_t o = 0; o < out[i]; ++o) row[o] += b[o];
      }
    }
    column += out[i];
  }
}

void LinearGroup::backward(const float* parameters, float* gradient, const float* x,
                           const float* dy, float* dx, std::int64_t rows) const {
  if (fused) {
    multiply(dx, in, dy, out_total, parameters + weight[0], in, rows, in, out_total, 0.0F);
    add_transposed_product(gradient + weight[0], in, dy, out_total, x, in, rows, in, out_total);
  }
  std::int64_t column = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    if (!fused) {
      multiply(dx, in, dy + column, out_total, parameters + weight[i], in, rows, in, out[i],
               i == 0 ? 0.0F : 1.0F);
      add_transposed_product(gradient + weight[i], in, dy + column, out_total, x, in, rows, in,
                             out[i]);
    }
    if (bias[i] >= 0) {
      float* db = gradient + bias[i];
      for (std::int64_t r = 0; r < rows; ++r) {
        const float* row = dy + r * out_total + column;
        for (std::int64_t o = 0; o < out[i]; ++o) db[o] += row[o];
      }
    }
    column += out[i];
  }
}

Llama::Parts Llama::Parts::make(Config config, const kernels::Ops& ops) {
  Parts parts;
  parts.config = std::move(config);
  parts.ops = &ops;
  const Config& c = parts.config;
  parts.layout = make_layout(c);
  parts.embedding = offset_of(parts.layout, "model.embed_tokens.weight");
  parts.final_norm = offset_of(parts.layout, "model.norm.weight");
  parts.head = c.tie_word_embeddings ? parts.embedding : offset_of(parts.layout, "lm_head.weight");
  for (std::int64_t i = 0; i < c.num_hidden_layers; ++i) {
    const std::string prefix = "model.layers." + std::to_string(i) + ".";
    const std::string attention = prefix + "self_attn.", mlp = prefix + "mlp.";
    LayerParts layer;
    layer.input_norm = offset_of(parts.layout, prefix + "input_layernorm.weight");
    layer.post_norm = offset_of(parts.layout, prefix + "post_attention_layernorm.weight");
    layer.qkv =
        make_group(parts.layout, attention, {"q_proj", "k_proj", "v_proj"}, c.attention_bias);
    layer.o = make_group(parts.layout, attention, {"o_proj"}, c.attention_bias);
    layer.gate_up = make_group(parts.layout, mlp, {"gate_proj", "up_proj"}, c.mlp_bias);
    layer.down = make_group(parts.layout, mlp, {"down_proj"}, c.mlp_bias);
    parts.layers.push_back(layer);
  }
  const std::int64_t table = c.max_position_embeddings * c.head_dim / 2;
  parts.cos_table = AlignedBuffer(table);
  parts.sin_table = AlignedBuffer(table);
  kernels::rope_tables(parts.cos_table.data(), parts.sin_table.data(), c.max_position_embeddings,
                       c.head_dim, c.rope_theta, kernel_scaling(c.rope_scaling));
  parts.attention_scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(c.head_dim)));
  return parts;
}

kernels::AttentionShape Llama::Parts::attention_shape(std::int64_t windows,
                                                      std::int64_t length) const {
  kernels::AttentionShape shape;
  shape.windows = windows;
  shape.length = length;
  shape.heads = config.num_attention_heads;
  shape.kv_heads = config.num_key_value_heads;
  shape.head_dim = config.head_dim;
  shape.q_stride = config.qkv_size();
  shape.kv_stride = config.qkv_size();
  shape.out_stride = config.q_size();
  shape.scale = attention_scale;
  return shape;
}

std::int64_t Llama::Parts::head_rows() const {
  constexpr std::int64_t kLogitsMax = 1 << 19;  // 2 MiB: stays in a core's L2
  return std::clamp<std::int64_t>(kLogitsMax / config.vocab_size / 16 * 16, 32, 1024);
}

}  // namespace orch::model
