#include "jobs/model/workspace.h"

#include "jobs/model/parts.h"

namespace orch::model {
namespace {

// Cuts one allocation into 64-byte aligned pieces; a first pass without memory only measures.
class Cutter {
 public:
  explicit Cutter(float* base) : base_(base) {}
  float* take(std::int64_t floats) {
    float* piece = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (floats + 15) / 16 * 16;
    return piece;
  }
  std::int64_t used() const { return used_; }

 private:
  float* base_;
  std::int64_t used_ = 0;
};

LayerActivations cut_layer(const Config& c, std::int64_t rows, Cutter& cutter) {
  LayerActivations layer;
  layer.x_in = cutter.take(rows * c.hidden_size);
  layer.rstd1 = cutter.take(rows);
  layer.normed1 = cutter.take(rows * c.hidden_size);
  layer.qkv = cutter.take(rows * c.qkv_size());
  layer.attended = cutter.take(rows * c.q_size());
  layer.lse = cutter.take(rows * c.num_attention_heads);
  layer.x_mid = cutter.take(rows * c.hidden_size);
  layer.rstd2 = cutter.take(rows);
  layer.normed2 = cutter.take(rows * c.hidden_size);
  layer.gate_up = cutter.take(rows * 2 * c.intermediate_size);
  layer.gated = cutter.take(rows * c.intermediate_size);
  return layer;
}

std::int64_t cut(Workspace::State& state, const Llama::Parts& parts, Cutter cutter) {
  const Config& c = parts.config;
  const std::int64_t rows = state.rows;
  const std::int64_t kept = state.training ? c.num_hidden_layers : 1;
  state.layers.clear();
  for (std::int64_t i = 0; i < kept; ++i) state.layers.push_back(cut_layer(c, rows, cutter));
  state.x_out = state.training ? cutter.take(rows * c.hidden_size) : state.layers[0].x_in;
  state.rstd_out = cutter.take(rows);
  state.normed_out = cutter.take(rows * c.hidden_size);
  state.logits = cutter.take(parts.head_rows() * c.vocab_size);
  state.losses = cutter.take(parts.head_rows());
  if (state.training) {
    state.d_x = cutter.take(rows * c.hidden_size);
    state.d_normed = cutter.take(rows * c.hidden_size);
    state.d_attended = cutter.take(rows * c.q_size());
    state.d_qkv = cutter.take(rows * c.qkv_size());
    state.d_gated = cutter.take(rows * c.intermediate_size);
  }
  return cutter.used();
}

}  // namespace

Workspace::Workspace() : state_(std::make_unique<State>()) {}
Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;

void Workspace::State::prepare(const Llama::Parts& parts, std::int64_t rows_wanted,
                               bool training_wanted) {
  if (rows == rows_wanted && training == training_wanted && config == parts.config) return;
  config = parts.config;
  rows = rows_wanted;
  training = training_wanted;
  const std::int64_t floats = cut(*this, parts, Cutter(nullptr));
  if (memory.size() < floats) memory = AlignedBuffer(floats);
  cut(*this, parts, Cutter(memory.data()));
}

}  // namespace orch::model
