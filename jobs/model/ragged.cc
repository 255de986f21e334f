#include "jobs/model/ragged.h"

#include <algorithm>
#include <cstring>

namespace orch::model {
namespace {

void at_least(AlignedBuffer& buffer, std::int64_t floats) {
  if (buffer.size() < floats) buffer = AlignedBuffer(floats);
}

// The cache grows by doubling and keeps what it holds.
void grow(AlignedBuffer& buffer, std::int64_t floats) {
  if (buffer.size() >= floats) return;
  AlignedBuffer larger(std::max(floats, 2 * buffer.size()));
  if (buffer.size() > 0) {
    std::memcpy(larger.data(), buffer.data(),
                static_cast<std::size_t>(buffer.size()) * sizeof(float));
  }
  buffer = std::move(larger);
}

}  // namespace

void Ragged::clear() {
  runs_.clear();
  ids_.clear();
  positions_.clear();
  positions_max_ = done_ = computed_from_ = 0;
}

Ragged::Run Ragged::add(std::span<const std::int32_t> ids, const Run& parent) {
  ORCH_CHECK(parent.before == 0, "a run can continue a root only");
  const Run run{rows(), static_cast<std::int64_t>(ids.size()), parent.begin, parent.rows};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ids_.push_back(ids[i]);
    positions_.push_back(static_cast<std::int32_t>(run.before + static_cast<std::int64_t>(i)));
  }
  positions_max_ = std::max(positions_max_, run.before + run.rows);
  if (run.rows > 0) runs_.push_back(run);
  return run;
}

void Ragged::append(std::int32_t id) {
  ORCH_CHECK(runs_.size() == 1, "%zu runs", runs_.size());
  positions_.push_back(static_cast<std::int32_t>(runs_[0].rows++));
  ids_.push_back(id);
  positions_max_ = runs_[0].rows;
}

const float* Ragged::hidden(std::int64_t row) const {
  ORCH_CHECK(row >= computed_from_ && row < done_, "row %lld", static_cast<long long>(row));
  return normed_.data() + (row - computed_from_) * parts_.config.hidden_size;
}

void Ragged::reserve(std::int64_t rows_new) {
  const Config& c = parts_.config;
  cache_.resize(parts_.layers.size());
  for (AlignedBuffer& layer : cache_) grow(layer, rows() * c.qkv_size());
  at_least(x_, rows_new * c.hidden_size);
  at_least(normed_, rows_new * c.hidden_size);
  at_least(rstd_, rows_new);
  at_least(attended_, rows_new * c.q_size());
  at_least(lse_, rows_new * c.num_attention_heads);
  at_least(gate_up_, rows_new * 2 * c.intermediate_size);
  at_least(gated_, rows_new * c.intermediate_size);
  std::int64_t keys = 0;
  for (const Run& run : runs_) keys = std::max(keys, run.before + run.rows);
  at_least(keys_, keys * 2 * c.kv_size());
  zeros_.assign(static_cast<std::size_t>(rows_new), 0);
}

// Rows [from, end of run) of one run; what comes before them is in the cache, the prefix perhaps
// elsewhere in it: then keys and values are copied together, both of all heads.
void Ragged::attend(std::size_t layer, const Run& run, std::int64_t from) {
  const Config& c = parts_.config;
  const std::int64_t stride = c.qkv_size(), kv = 2 * c.kv_size();
  const float* cache = cache_[layer].data();
  kernels::AttentionShape shape = parts_.attention_shape(1, run.before + run.rows);
  shape.first_query = run.before + from - run.begin;
  const float* keys = cache + run.begin * stride + c.q_size();
  if (run.before > 0) {
    for (std::int64_t i = 0; i < shape.length; ++i) {
      const std::int64_t row = i < run.before ? run.prefix + i : run.begin + i - run.before;
      std::memcpy(keys_.data() + i * kv, cache + row * stride + c.q_size(),
                  static_cast<std::size_t>(kv) * sizeof(float));
    }
    keys = keys_.data();
    shape.kv_stride = kv;
  }
  parts_.ops->attention_forward(attended_.data() + (from - done_) * c.q_size(), lse_.data(),
                                cache + from * stride, keys, keys + c.kv_size(), zeros_.data(),
                                shape, nullptr);
}

void Ragged::compute() {
  const Config& c = parts_.config;
  const kernels::Ops& ops = *parts_.ops;
  const std::int64_t count = rows() - done_, d = c.hidden_size, f = c.intermediate_size;
  const auto eps = static_cast<float>(c.rms_norm_eps);
  reserve(count);
  ops.embedding_gather(x_.data(), parameters_ + parts_.embedding, ids_.data() + done_, count, d,
                       nullptr);
  for (std::size_t i = 0; i < parts_.layers.size(); ++i) {
    const LayerParts& layer = parts_.layers[i];
    float* qkv = cache_[i].data() + done_ * c.qkv_size();
    ops.rms_norm_forward(normed_.data(), rstd_.data(), x_.data(), parameters_ + layer.input_norm,
                         count, d, eps, nullptr);
    layer.qkv.forward(parameters_, normed_.data(), qkv, count, 0.0F);
    ops.rope(qkv, positions_.data() + done_, parts_.cos_table.data(), parts_.sin_table.data(),
             count, c.num_attention_heads + c.num_key_value_heads, c.head_dim, c.qkv_size(), false,
             nullptr);
    for (const Run& run : runs_) {
      const std::int64_t from = std::max(run.begin, done_);
      if (from < run.begin + run.rows) attend(i, run, from);
    }
    layer.o.forward(parameters_, attended_.data(), x_.data(), count, 1.0F);
    ops.rms_norm_forward(normed_.data(), rstd_.data(), x_.data(), parameters_ + layer.post_norm,
                         count, d, eps, nullptr);
    layer.gate_up.forward(parameters_, normed_.data(), gate_up_.data(), count, 0.0F);
    ops.swiglu_forward(gated_.data(), gate_up_.data(), gate_up_.data() + f, count, f, 2 * f, f,
                       nullptr);
    layer.down.forward(parameters_, gated_.data(), x_.data(), count, 1.0F);
  }
  ops.rms_norm_forward(normed_.data(), rstd_.data(), x_.data(), parameters_ + parts_.final_norm,
                       count, d, eps, nullptr);
  computed_from_ = done_;
  done_ = rows();
}

}  // namespace orch::model
