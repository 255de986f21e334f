// Tokens/s of forward + backward of one logical shard on one thread, and the share that its matrix
// products alone would take: how near the engine is to the speed of its products. One JSON line a
// model.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/model/gemm.h"
#include "jobs/model/llama.h"
#include "kernels/ops.h"

namespace orch::model {
namespace {

Config demo_config() {
  Config config;
  config.vocab_size = 2048;
  config.hidden_size = 192;
  config.intermediate_size = 512;
  config.num_hidden_layers = 2;
  config.num_attention_heads = config.num_key_value_heads = 6;
  config.head_dim = 32;
  config.max_position_embeddings = 512;
  config.tie_word_embeddings = true;
  config.initializer_range = 0.05;
  return config;
}

Config wide_config() {
  Config config = demo_config();
  config.vocab_size = 8192;
  config.hidden_size = 512;
  config.intermediate_size = 1408;
  config.num_hidden_layers = 4;
  config.num_attention_heads = 8;
  config.num_key_value_heads = 4;
  config.head_dim = 64;
  return config;
}

double seconds_since(const Clock& clock, TimePoint begin) {
  return std::chrono::duration<double>(clock.now() - begin).count();
}

Batch make_batch(const Config& config, int windows, int length) {
  Batch batch;
  batch.resize(windows, length);
  for (std::size_t i = 0; i < batch.ids.size(); ++i) {
    const auto t = static_cast<std::int32_t>(i) % length, document = t / 24 * 24;
    batch.ids[i] = static_cast<std::int32_t>((i * 2654435761U) %
                                             static_cast<std::uint64_t>(config.vocab_size));
    batch.labels[i] =
        static_cast<std::int32_t>((i * 40503U + 7) % static_cast<std::uint64_t>(config.vocab_size));
    batch.positions[i] = t - document;
    batch.segment_start[i] = document;
  }
  return batch;
}

// The products of one linear, forward and backward.
void products(float* buffer, std::int64_t rows, std::int64_t in, std::int64_t out) {
  float* w = buffer;
  float* x = w + in * out;
  float* y = x + rows * in;
  multiply_by_transposed(y, out, x, in, w, in, rows, in, out, 0.0F);
  multiply(x, in, y, out, w, in, rows, in, out, 0.0F);
  add_transposed_product(w, in, y, out, x, in, rows, in, out);
}

double best_seconds(const Clock& clock, int rounds, const auto& work) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const TimePoint begin = clock.now();
    work();
    best = std::min(best, seconds_since(clock, begin));
  }
  return best;
}

void measure(const char* name, const Config& config, int windows, int length, int rounds) {
  const SystemClock clock;
  Result<Llama> model = Llama::create(config, kernels::cpu_ops());
  ORCH_CHECK(model.ok(), "%s", name);
  AlignedBuffer parameters(model->layout().total), gradient(model->layout().total);
  initialise(config, model->layout(), 1, parameters.span());
  const Batch batch = make_batch(config, windows, length);
  Workspace workspace;
  const double whole = best_seconds(clock, rounds, [&] {
    model->forward_backward(parameters.span(), batch, gradient.span(), workspace);
  });
  const std::int64_t rows = static_cast<std::int64_t>(windows) * length, d = config.hidden_size;
  const std::int64_t f = config.intermediate_size;
  AlignedBuffer buffer((config.vocab_size + rows) * d + rows * config.vocab_size +
                       3 * f * (d + rows));
  const double gemm = best_seconds(clock, rounds, [&] {
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
      products(buffer.data(), rows, d, config.qkv_size());
      products(buffer.data(), rows, config.q_size(), d);
      products(buffer.data(), rows, d, 2 * f);
      products(buffer.data(), rows, f, d);
    }
    products(buffer.data(), rows, d, config.vocab_size);
  });
  std::printf(
      "{\"bench\":\"model\",\"model\":\"%s\",\"windows\":%d,\"length\":%d,\"threads\":1,"
      "\"tokens_per_second\":%.0f,\"milliseconds\":%.3f,\"products_milliseconds\":%.3f,"
      "\"share_of_product_speed\":%.3f,\"ops\":\"%s\"}\n",
      name, windows, length, static_cast<double>(rows) / whole, whole * 1e3, gemm * 1e3,
      gemm / whole, kernels::cpu_ops().name);
}

}  // namespace
}  // namespace orch::model

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 60;
  orch::model::single_threaded_math();
  orch::model::measure("demo d192 L2 f512 V2048", orch::model::demo_config(), 4, 256, rounds);
  orch::model::measure("d512 L4 f1408 V8192 gqa", orch::model::wide_config(), 1, 256,
                       std::max(3, rounds / 20));
  return 0;
}
