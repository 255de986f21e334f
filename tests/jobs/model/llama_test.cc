#include "jobs/model/llama.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>

#include "kernels/ops.h"
#include "tests/jobs/model/oracle.h"

namespace orch::model {
namespace {

Config small() {
  Config config;
  config.vocab_size = 97;
  config.hidden_size = 48;
  config.intermediate_size = 80;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 4;
  config.num_key_value_heads = 2;
  config.head_dim = 16;  // not hidden / heads
  config.max_position_embeddings = 64;
  config.rms_norm_eps = 1e-5;
  return config;
}

Config large() {  // blocks are full: q k v and gate up are multiplied as one matrix
  Config config = small();
  config.vocab_size = 512;
  config.hidden_size = 128;
  config.intermediate_size = 352;
  config.head_dim = 32;
  config.num_key_value_heads = 4;
  config.tie_word_embeddings = true;
  return config;
}

struct Case {
  const char* name;
  Config config;
};

std::vector<Case> cases() {
  std::vector<Case> all = {{"gqa_untied", small()}, {"fused_tied", large()}};
  Config biased = small();
  biased.attention_bias = biased.mlp_bias = true;
  biased.tie_word_embeddings = true;
  all.push_back({"biases_tied", biased});
  Config llama3 = small();
  llama3.num_key_value_heads = 1;
  llama3.rope_theta = 500000.0;
  llama3.rope_scaling = {RopeScaling::Kind::kLlama3, 8.0, 1.0, 4.0, 32};
  all.push_back({"llama3_rope_mqa", llama3});
  Config linear = small();
  linear.num_key_value_heads = 4;
  linear.head_dim = 10;  // odd half
  linear.hidden_size = 37;
  linear.intermediate_size = 61;
  linear.rope_scaling.kind = RopeScaling::Kind::kLinear;
  linear.rope_scaling.factor = 4.0;
  linear.attention_bias = true;
  all.push_back({"linear_rope_odd_sizes", linear});
  return all;
}

Llama make(const Config& config) {
  single_threaded_math();
  Result<Llama> model = Llama::create(config, kernels::cpu_ops());
  EXPECT_TRUE(model.ok());
  return std::move(model).value();
}

// Largest difference over the largest value of the tensor.
double distance(const float* a, const double* b, std::int64_t n) {
  double worst = 0.0, scale = 1e-30;
  for (std::int64_t i = 0; i < n; ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return worst / scale;
}

class LlamaOracle : public testing::TestWithParam<Case> {};

TEST_P(LlamaOracle, LossLogitsAndEveryGradientAreAutograds) {
  const Llama model = make(GetParam().config);
  const Layout& layout = model.layout();
  const AlignedBuffer parameters = random_parameters(layout, 7, 0.15);
  const Batch batch = random_batch(model.config(), 3, 40, 11);
  ASSERT_TRUE(model.check(batch).ok());
  AlignedBuffer gradient(layout.total);
  Workspace workspace;
  const ShardLoss shard =
      model.forward_backward(parameters.span(), batch, gradient.span(), workspace);
  std::vector<float> logits(batch.ids.size() * static_cast<std::size_t>(model.config().vocab_size));
  model.logits(parameters.span(), batch, logits, workspace);

  for (const Precision precision : {Precision::kFp64, Precision::kFp32}) {
    const double tolerance = precision == Precision::kFp64 ? 5e-6 : 1e-5;
    const OracleResult expected =
        oracle(model.config(), layout, parameters.span(), batch, precision);
    EXPECT_NEAR(shard.loss, expected.loss, 1e-5 * std::abs(expected.loss));
    EXPECT_LT(
        distance(logits.data(), expected.logits.data(), static_cast<std::int64_t>(logits.size())),
        tolerance);
    for (const Parameter& p : layout.parameters) {
      EXPECT_LT(distance(gradient.data() + p.offset, expected.gradient.data() + p.offset, p.size),
                tolerance)
          << p.name;
    }
  }
  EXPECT_EQ(shard.tokens, static_cast<std::int64_t>(batch.labels.size()) -
                              std::count(batch.labels.begin(), batch.labels.end(), -1));
  EXPECT_EQ(model.loss(parameters.span(), batch, workspace).loss, shard.loss);
}

INSTANTIATE_TEST_SUITE_P(Configs, LlamaOracle, testing::ValuesIn(cases()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Llama, GradientsAddToWhatTheBufferHolds) {
  const Llama model = make(small());
  const AlignedBuffer parameters = random_parameters(model.layout(), 3, 0.1);
  const Batch batch = random_batch(model.config(), 2, 24, 5);
  AlignedBuffer once(model.layout().total), twice(model.layout().total);
  Workspace workspace;
  model.forward_backward(parameters.span(), batch, once.span(), workspace);
  model.forward_backward(parameters.span(), batch, twice.span(), workspace);
  model.forward_backward(parameters.span(), batch, twice.span(), workspace);
  for (std::int64_t i = 0; i < once.size(); ++i) {
    ASSERT_NEAR(twice.data()[i], 2.0F * once.data()[i], 1e-4F + 1e-4F * std::abs(once.data()[i]))
        << i;
  }
}

// One window with three documents against three windows with one document each, padded.
TEST(Llama, PackedDocumentsAreTheSeparateDocuments) {
  const Llama model = make(large());
  const std::vector<int> lengths = {9, 20, 3};
  Batch packed = random_batch(model.config(), 1, 32, 21), separate;
  separate.resize(3, 32);
  int begin = 0;
  for (int document = 0; document < 3; ++document) {
    const int length = lengths[static_cast<std::size_t>(document)];
    for (int t = 0; t < length; ++t) {
      const auto from = static_cast<std::size_t>(begin + t);
      const auto to = static_cast<std::size_t>(32 * document + t);
      packed.positions[from] = t;
      packed.segment_start[from] = begin;
      packed.labels[from] = t + 1 < length ? packed.ids[from + 1] : -1;
      separate.ids[to] = packed.ids[from];
      separate.labels[to] = packed.labels[from];
      separate.positions[to] = t;
    }
    begin += length;
  }
  const AlignedBuffer parameters = random_parameters(model.layout(), 9, 0.1);
  AlignedBuffer one(model.layout().total), other(model.layout().total);
  Workspace workspace;
  const ShardLoss a = model.forward_backward(parameters.span(), packed, one.span(), workspace);
  const ShardLoss b = model.forward_backward(parameters.span(), separate, other.span(), workspace);
  EXPECT_EQ(a.tokens, 29);
  EXPECT_EQ(b.tokens, 29);
  EXPECT_NEAR(a.loss, b.loss, 1e-5 * a.loss);
  for (const Parameter& p : model.layout().parameters) {
    const std::vector<double> expected(other.data() + p.offset, other.data() + p.offset + p.size);
    EXPECT_LT(distance(one.data() + p.offset, expected.data(), p.size), 1e-5) << p.name;
  }
}

TEST(Llama, LaterAndOtherTokensDoNotReachALogit) {
  const Llama model = make(large());
  const AlignedBuffer parameters = random_parameters(model.layout(), 2, 0.1);
  Batch batch = random_batch(model.config(), 4, 32, 1);
  const auto row = static_cast<std::size_t>(model.config().vocab_size);
  std::vector<float> before(batch.ids.size() * row), after(before.size());
  Workspace workspace;
  model.logits(parameters.span(), batch, before, workspace);
  // Window 1 keeps its first 20 tokens; everything else is new.
  const Batch other = random_batch(model.config(), 4, 32, 99);
  for (std::size_t i = 0; i < batch.ids.size(); ++i) {
    if (i >= 32 && i < 52) continue;
    batch.ids[i] = other.ids[i];
    if (i < 32 || i >= 64) {
      batch.positions[i] = other.positions[i];
      batch.segment_start[i] = other.segment_start[i];
    }
  }
  model.logits(parameters.span(), batch, after, workspace);
  EXPECT_EQ(0, std::memcmp(&before[32 * row], &after[32 * row], 20 * row * sizeof(float)));
  EXPECT_NE(0, std::memcmp(&before[0], &after[0], row * sizeof(float)));
}

TEST(Llama, SameBitsInEveryThreadAndWorkspace) {
  const Llama model = make(large());
  const AlignedBuffer parameters = random_parameters(model.layout(), 4, 0.1);
  const Batch batch = random_batch(model.config(), 4, 33, 8);
  const auto run = [&](AlignedBuffer& gradient, double& loss) {
    single_threaded_math();
    Workspace workspace;
    const Batch first = random_batch(model.config(), 1, 7, 1);  // another shape before it
    AlignedBuffer scratch(model.layout().total);
    model.forward_backward(parameters.span(), first, scratch.span(), workspace);
    loss = model.forward_backward(parameters.span(), batch, gradient.span(), workspace).loss;
  };
  std::vector<AlignedBuffer> gradients;
  std::vector<double> losses(3);
  for (int i = 0; i < 3; ++i) gradients.emplace_back(model.layout().total);
  run(gradients[0], losses[0]);
  std::thread a([&] { run(gradients[1], losses[1]); });
  std::thread b([&] { run(gradients[2], losses[2]); });
  a.join();
  b.join();
  for (std::size_t i = 1; i < 3; ++i) {
    EXPECT_EQ(losses[0], losses[i]);
    EXPECT_EQ(0, std::memcmp(gradients[0].data(), gradients[i].data(),
                             static_cast<std::size_t>(model.layout().total) * sizeof(float)));
  }
}

TEST(Llama, WindowsWithoutLabelsAddNothing) {
  const Llama model = make(small());
  const AlignedBuffer parameters = random_parameters(model.layout(), 4, 0.1);
  Batch batch = random_batch(model.config(), 2, 16, 8);
  std::fill(batch.labels.begin(), batch.labels.end(), -1);
  AlignedBuffer gradient(model.layout().total);
  Workspace workspace;
  const ShardLoss shard =
      model.forward_backward(parameters.span(), batch, gradient.span(), workspace);
  EXPECT_EQ(shard.tokens, 0);
  EXPECT_EQ(shard.loss, 0.0);
  for (const float g : gradient.span()) ASSERT_EQ(g, 0.0F);
}

TEST(Llama, NanInAParameterReachesTheLoss) {
  const Llama model = make(small());
  AlignedBuffer parameters = random_parameters(model.layout(), 4, 0.1);
  parameters.data()[model.layout().find("model.layers.1.mlp.up_proj.weight")->offset + 5] = NAN;
  const Batch batch = random_batch(model.config(), 2, 16, 8);
  AlignedBuffer gradient(model.layout().total);
  Workspace workspace;
  const ShardLoss shard =
      model.forward_backward(parameters.span(), batch, gradient.span(), workspace);
  EXPECT_FALSE(std::isfinite(shard.loss));
}

TEST(Llama, RefusesBatchesOutOfRangeWithTheirPlace) {
  const Llama model = make(small());
  const Batch good = random_batch(model.config(), 2, 16, 8);
  const auto message = [&](auto change) {
    Batch batch = good;
    change(batch);
    const Result<void> result = model.check(batch);
    return result.ok() ? std::string("accepted") : result.error().message;
  };
  EXPECT_EQ(message([](Batch&) {}), "accepted");
  EXPECT_EQ(message([](Batch& b) { b.ids[17] = 97; }),
            "batch: id 97 is not in the vocabulary of 97, window 1, position 1");
  EXPECT_NE(message([](Batch& b) { b.labels[3] = -2; }).find("label -2"), std::string::npos);
  EXPECT_NE(message([](Batch& b) { b.positions[0] = 64; }).find("position 64"), std::string::npos);
  EXPECT_NE(message([](Batch& b) { b.segment_start[16] = 1; }).find("segment start 1"),
            std::string::npos);
  EXPECT_NE(message([](Batch& b) { b.ids.pop_back(); }).find("sizes"), std::string::npos);
}

}  // namespace
}  // namespace orch::model
