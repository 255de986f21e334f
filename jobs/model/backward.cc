#include "jobs/model/pass.h"

namespace orch::model {
namespace {

// state.d_x: from the gradient after the layer to the gradient before it.
void layer_backward(const Llama::Parts& parts, const LayerParts& layer, const float* parameters,
                    const Batch& batch, const LayerActivations& a, float* gradient,
                    Workspace::State& s) {
  const Config& c = parts.config;
  const kernels::Ops& ops = *parts.ops;
  const std::int64_t rows = s.rows, d = c.hidden_size, f = c.intermediate_size;

  layer.down.backward(parameters, gradient, a.gated, s.d_x, s.d_gated, rows);
  ops.swiglu_backward(a.gate_up, a.gate_up + f, s.d_gated, a.gate_up, a.gate_up + f, rows, f, 2 * f,
                      f, nullptr);
  layer.gate_up.backward(parameters, gradient, a.normed2, a.gate_up, s.d_normed, rows);
  ops.rms_norm_backward(s.d_x, gradient + layer.post_norm, s.d_normed, a.x_mid,
                        parameters + layer.post_norm, a.rstd2, rows, d, true, nullptr);

  layer.o.backward(parameters, gradient, a.attended, s.d_x, s.d_attended, rows);
  const std::int64_t k = c.q_size(), v = k + c.kv_size();
  ops.attention_backward(s.d_qkv, s.d_qkv + k, s.d_qkv + v, s.d_attended, a.attended, a.lse, a.qkv,
                         a.qkv + k, a.qkv + v, batch.segment_start.data(),
                         parts.attention_shape(batch.windows, batch.length), nullptr);
  ops.rope(s.d_qkv, batch.positions.data(), parts.cos_table.data(), parts.sin_table.data(), rows,
           c.num_attention_heads + c.num_key_value_heads, c.head_dim, c.qkv_size(), true, nullptr);
  layer.qkv.backward(parameters, gradient, a.normed1, s.d_qkv, s.d_normed, rows);
  ops.rms_norm_backward(s.d_x, gradient + layer.input_norm, s.d_normed, a.x_in,
                        parameters + layer.input_norm, a.rstd1, rows, d, true, nullptr);
}

}  // namespace

void decoder_backward(const Llama::Parts& parts, const float* parameters, const Batch& batch,
                      float* gradient, Workspace::State& state) {
  const std::int64_t d = parts.config.hidden_size;
  parts.ops->rms_norm_backward(state.d_x, gradient + parts.final_norm, state.d_normed, state.x_out,
                               parameters + parts.final_norm, state.rstd_out, state.rows, d, false,
                               nullptr);
  for (std::size_t i = parts.layers.size(); i-- > 0;) {
    layer_backward(parts, parts.layers[i], parameters, batch, state.layers[i], gradient, state);
  }
  parts.ops->embedding_scatter_add(gradient + parts.embedding, state.d_x, batch.ids.data(),
                                   state.rows, d, nullptr);
}

}  // namespace orch::model
