#include "tests/jobs/model/oracle.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "base/random.h"

namespace orch::model {
namespace {

struct Net {
  const Config& config;
  const Batch& batch;
  c10::ScalarType type;
  std::map<std::string, at::Tensor> p;

  at::Tensor norm(const at::Tensor& x, const std::string& name) const {
    return x * (x.square().mean(-1, true) + config.rms_norm_eps).rsqrt() * p.at(name);
  }
  at::Tensor linear(const at::Tensor& x, const std::string& name) const {
    at::Tensor y = x.matmul(p.at(name + ".weight").t());
    const auto bias = p.find(name + ".bias");
    return bias == p.end() ? y : y + bias->second;
  }

  std::vector<double> frequencies() const {
    std::vector<double> f;
    const RopeScaling& s = config.rope_scaling;
    for (std::int64_t i = 0; i < config.head_dim / 2; ++i) {
      double w = std::pow(config.rope_theta,
                          -2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim));
      if (s.kind == RopeScaling::Kind::kLinear) w /= s.factor;
      if (s.kind == RopeScaling::Kind::kLlama3) {
        const double wave = 2.0 * std::numbers::pi / w;
        const auto old = static_cast<double>(s.original_max_position_embeddings);
        if (wave > old / s.low_freq_factor) {
          w /= s.factor;
        } else if (wave >= old / s.high_freq_factor) {
          const double smooth =
              (old / wave - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
          w = (1.0 - smooth) * w / s.factor + smooth * w;
        }
      }
      f.push_back(w);
    }
    return f;
  }

  // x (windows, length, heads, head_dim)
  at::Tensor rotate(const at::Tensor& x) const {
    const std::vector<double> f = frequencies();
    std::vector<double> cos, sin;
    for (const std::int32_t position : batch.positions) {
      for (const double w : f) {
        cos.push_back(std::cos(position * w));
        sin.push_back(std::sin(position * w));
      }
    }
    const std::vector<std::int64_t> shape = {batch.windows, batch.length, 1, config.head_dim / 2};
    const at::Tensor c = at::from_blob(cos.data(), shape, at::kDouble).to(type).clone();
    const at::Tensor s = at::from_blob(sin.data(), shape, at::kDouble).to(type).clone();
    const at::Tensor a = x.slice(-1, 0, config.head_dim / 2), b = x.slice(-1, config.head_dim / 2);
    return at::cat({a * c - b * s, b * c + a * s}, -1);
  }

  at::Tensor mask() const {  // (windows, 1, length, length): 0 where allowed, -inf elsewhere
    const auto n = static_cast<std::size_t>(batch.length);
    std::vector<double> m(static_cast<std::size_t>(batch.windows) * n * n);
    for (std::size_t w = 0; w < static_cast<std::size_t>(batch.windows); ++w) {
      for (std::size_t t = 0; t < n; ++t) {
        const auto begin = static_cast<std::size_t>(batch.segment_start[w * n + t]);
        for (std::size_t k = 0; k < n; ++k) {
          const bool allowed = k >= begin && k <= t;
          m[(w * n + t) * n + k] = allowed ? 0.0 : -std::numeric_limits<double>::infinity();
        }
      }
    }
    const std::vector<std::int64_t> shape = {batch.windows, 1, batch.length, batch.length};
    return at::from_blob(m.data(), shape, at::kDouble).to(type).clone();
  }

  at::Tensor attention(const at::Tensor& x, const std::string& name) const {
    const std::int64_t group = config.num_attention_heads / config.num_key_value_heads;
    const auto heads = [&](const at::Tensor& y, std::int64_t n) {
      return y.reshape({batch.windows, batch.length, n, config.head_dim});
    };
    at::Tensor q = rotate(heads(linear(x, name + "q_proj"), config.num_attention_heads));
    at::Tensor k = rotate(heads(linear(x, name + "k_proj"), config.num_key_value_heads));
    at::Tensor v = heads(linear(x, name + "v_proj"), config.num_key_value_heads);
    k = k.repeat_interleave(group, 2).transpose(1, 2);
    v = v.repeat_interleave(group, 2).transpose(1, 2);
    q = q.transpose(1, 2);
    const double scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim));
    const at::Tensor scores = q.matmul(k.transpose(2, 3)) * scale + mask();
    const at::Tensor out = at::softmax(scores, -1).matmul(v).transpose(1, 2);
    return linear(out.reshape({batch.windows * batch.length, config.q_size()}), name + "o_proj");
  }

  at::Tensor logits() const {
    const at::Tensor ids = at::from_blob(const_cast<std::int32_t*>(batch.ids.data()),
                                         {static_cast<std::int64_t>(batch.ids.size())}, at::kInt)
                               .to(at::kLong);
    at::Tensor x = p.at("model.embed_tokens.weight").index_select(0, ids);
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
      const std::string layer = "model.layers." + std::to_string(i) + ".";
      x = x + attention(norm(x, layer + "input_layernorm.weight"), layer + "self_attn.");
      const at::Tensor y = norm(x, layer + "post_attention_layernorm.weight");
      const at::Tensor gate = linear(y, layer + "mlp.gate_proj");
      x = x +
          linear(gate * gate.sigmoid() * linear(y, layer + "mlp.up_proj"), layer + "mlp.down_proj");
    }
    const bool tied = config.tie_word_embeddings;
    const char* head = tied ? "model.embed_tokens.weight" : "lm_head.weight";
    return norm(x, "model.norm.weight").matmul(p.at(head).t());
  }
};

}  // namespace

OracleResult oracle(const Config& config, const Layout& layout, std::span<const float> parameters,
                    const Batch& batch, Precision precision) {
  const c10::ScalarType type = precision == Precision::kFp64 ? at::kDouble : at::kFloat;
  Net net{config, batch, type, {}};
  for (const Parameter& parameter : layout.parameters) {
    at::Tensor view = at::from_blob(const_cast<float*>(parameters.data()) + parameter.offset,
                                    parameter.shape, at::kFloat);
    net.p[parameter.name] = view.to(type).clone().requires_grad_(true);
  }
  const at::Tensor logits = net.logits();
  const at::Tensor log_probs = at::log_softmax(logits, -1);
  at::Tensor loss = log_probs.sum() * 0.0;
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    if (batch.labels[i] < 0) continue;
    loss = loss - log_probs.select(0, static_cast<std::int64_t>(i)).select(0, batch.labels[i]);
  }
  loss.backward();

  OracleResult result;
  result.loss = loss.item<double>();
  const at::Tensor out = logits.detach().to(at::kDouble).contiguous();
  result.logits.assign(out.data_ptr<double>(), out.data_ptr<double>() + out.numel());
  result.gradient.assign(static_cast<std::size_t>(layout.total), 0.0);
  for (const Parameter& parameter : layout.parameters) {
    const at::Tensor g = net.p.at(parameter.name).grad().to(at::kDouble).contiguous();
    std::copy(g.data_ptr<double>(), g.data_ptr<double>() + g.numel(),
              result.gradient.begin() + parameter.offset);
  }
  return result;
}

AlignedBuffer random_parameters(const Layout& layout, std::uint64_t seed, double deviation) {
  SeededRandom random(seed);
  AlignedBuffer buffer(layout.total);
  for (const Parameter& parameter : layout.parameters) {
    const bool norm = parameter.shape.size() == 1 && parameter.name.ends_with("weight");
    for (std::int64_t i = 0; i < parameter.size; ++i) {
      const double u = 2.0 * random.uniform() - 1.0 + 2.0 * random.uniform() - 1.0;
      const double value = deviation * u + (norm ? 1.0 : 0.0);
      buffer.data()[parameter.offset + i] = static_cast<float>(value);
    }
  }
  return buffer;
}

Batch random_batch(const Config& config, int windows, int length, std::uint64_t seed) {
  SeededRandom random(seed);
  Batch batch;
  batch.resize(windows, length);
  const auto vocabulary = static_cast<std::uint64_t>(config.vocab_size);
  for (int w = 0; w < windows; ++w) {
    int begin = 0;
    int end = 0;
    for (int t = 0; t < length; ++t) {
      if (t == end) {
        begin = t;
        end = t + 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(length)));
      }
      const auto i = static_cast<std::size_t>(w * length + t);
      batch.ids[i] = static_cast<std::int32_t>(random.below(vocabulary));
      batch.positions[i] = t - begin;
      batch.segment_start[i] = begin;
      const bool counted = t + 1 != end && random.below(8) != 0;
      batch.labels[i] = counted ? static_cast<std::int32_t>(random.below(vocabulary)) : -1;
    }
  }
  return batch;
}

}  // namespace orch::model
