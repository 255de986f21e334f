#include <cstring>

#include "jobs/model/pass.h"

namespace orch::model {
namespace {

std::int64_t rows_of(const Batch& batch) {
  return static_cast<std::int64_t>(batch.windows) * batch.length;
}

}  // namespace

void layer_forward(const Llama::Parts& parts, const LayerParts& layer, const float* parameters,
                   const Batch& batch, const LayerActivations& a, float* x_next) {
  const Config& c = parts.config;
  const kernels::Ops& ops = *parts.ops;
  const std::int64_t rows = rows_of(batch), d = c.hidden_size, f = c.intermediate_size;
  const auto eps = static_cast<float>(c.rms_norm_eps);
  const std::size_t residual_bytes = static_cast<std::size_t>(rows * d) * sizeof(float);

  ops.rms_norm_forward(a.normed1, a.rstd1, a.x_in, parameters + layer.input_norm, rows, d, eps,
                       nullptr);
  layer.qkv.forward(parameters, a.normed1, a.qkv, rows, 0.0F);
  // q and k stand side by side: one call turns the heads of both.
  ops.rope(a.qkv, batch.positions.data(), parts.cos_table.data(), parts.sin_table.data(), rows,
           c.num_attention_heads + c.num_key_value_heads, c.head_dim, c.qkv_size(), false, nullptr);
  ops.attention_forward(a.attended, a.lse, a.qkv, a.qkv + c.q_size(),
                        a.qkv + c.q_size() + c.kv_size(), batch.segment_start.data(),
                        parts.attention_shape(batch.windows, batch.length), nullptr);
  std::memcpy(a.x_mid, a.x_in, residual_bytes);
  layer.o.forward(parameters, a.attended, a.x_mid, rows, 1.0F);

  ops.rms_norm_forward(a.normed2, a.rstd2, a.x_mid, parameters + layer.post_norm, rows, d, eps,
                       nullptr);
  layer.gate_up.forward(parameters, a.normed2, a.gate_up, rows, 0.0F);
  ops.swiglu_forward(a.gated, a.gate_up, a.gate_up + f, rows, f, 2 * f, f, nullptr);
  std::memcpy(x_next, a.x_mid, residual_bytes);
  layer.down.forward(parameters, a.gated, x_next, rows, 1.0F);
}

void decoder_forward(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                     Workspace::State& state) {
  const Config& c = parts.config;
  const std::int64_t rows = rows_of(batch), d = c.hidden_size;
  parts.ops->embedding_gather(state.layers[0].x_in, parameters + parts.embedding, batch.ids.data(),
                              rows, d, nullptr);
  for (std::size_t i = 0; i < parts.layers.size(); ++i) {
    const bool last = i + 1 == parts.layers.size();
    const LayerActivations& a = state.layers[state.training ? i : 0];
    float* x_next = last || !state.training ? state.x_out : state.layers[i + 1].x_in;
    layer_forward(parts, parts.layers[i], parameters, batch, a, x_next);
  }
  parts.ops->rms_norm_forward(state.normed_out, state.rstd_out, state.x_out,
                              parameters + parts.final_norm, rows, d,
                              static_cast<float>(c.rms_norm_eps), nullptr);
}

}  // namespace orch::model
