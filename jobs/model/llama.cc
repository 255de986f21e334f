#include "jobs/model/llama.h"

#include "jobs/model/gemm.h"
#include "jobs/model/pass.h"

namespace orch::model {
namespace {

void check_buffer(std::size_t size, const void* data, const Layout& layout, const char* what) {
  ORCH_CHECK(static_cast<std::int64_t>(size) == layout.total, "%s: %zu floats, the layout has %lld",
             what, size, static_cast<long long>(layout.total));
  ORCH_CHECK(reinterpret_cast<std::uintptr_t>(data) % 64 == 0, "%s: not 64-byte aligned", what);
}

std::string place(const Batch& batch, std::size_t index) {
  const auto length = static_cast<std::size_t>(batch.length);
  return "window " + std::to_string(index / length) + ", position " +
         std::to_string(index % length);
}

}  // namespace

Result<Llama> Llama::create(Config config, const kernels::Ops& ops) {
  ORCH_CHECK(ops.version == kernels::kOpsVersion, "ops of version %u", ops.version);
  ORCH_TRY(check_config(config, "model configuration"));
  return Llama(std::make_unique<Parts>(Parts::make(std::move(config), ops)));
}

Llama::Llama(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Llama::~Llama() = default;
Llama::Llama(Llama&&) noexcept = default;
Llama& Llama::operator=(Llama&&) noexcept = default;

const Config& Llama::config() const { return parts_->config; }
const Layout& Llama::layout() const { return parts_->layout; }

Result<void> Llama::check(const Batch& batch) const {
  const Config& c = config();
  if (batch.windows < 1 || batch.length < 1) return invalid("batch: no windows");
  const auto rows =
      static_cast<std::size_t>(batch.windows) * static_cast<std::size_t>(batch.length);
  if (batch.ids.size() != rows || batch.labels.size() != rows || batch.positions.size() != rows ||
      batch.segment_start.size() != rows) {
    return invalid("batch: sizes of ids, labels, positions and segment_start must all be " +
                   std::to_string(rows));
  }
  for (std::size_t i = 0; i < rows; ++i) {
    const auto t = static_cast<std::int32_t>(i % static_cast<std::size_t>(batch.length));
    if (batch.ids[i] < 0 || batch.ids[i] >= c.vocab_size) {
      return invalid("batch: id " + std::to_string(batch.ids[i]) + " is not in the vocabulary of " +
                     std::to_string(c.vocab_size) + ", " + place(batch, i));
    }
    if (batch.labels[i] < -1 || batch.labels[i] >= c.vocab_size) {
      return invalid("batch: label " + std::to_string(batch.labels[i]) + " is not in -1 … " +
                     std::to_string(c.vocab_size - 1) + ", " + place(batch, i));
    }
    if (batch.positions[i] < 0 || batch.positions[i] >= c.max_position_embeddings) {
      return invalid("batch: position " + std::to_string(batch.positions[i]) +
                     " is not below max_position_embeddings " +
                     std::to_string(c.max_position_embeddings) + ", " + place(batch, i));
    }
    if (batch.segment_start[i] < 0 || batch.segment_start[i] > t) {
      return invalid("batch: segment start " + std::to_string(batch.segment_start[i]) +
                     " is not in 0 … " + std::to_string(t) + ", " + place(batch, i));
    }
  }
  return {};
}

ShardLoss Llama::forward_backward(std::span<const float> parameters, const Batch& batch,
                                  std::span<float> gradient, Workspace& workspace) const {
  check_buffer(parameters.size(), parameters.data(), layout(), "parameters");
  check_buffer(gradient.size(), gradient.data(), layout(), "gradient");
  Workspace::State& state = workspace.state();
  state.prepare(*parts_, static_cast<std::int64_t>(batch.windows) * batch.length, true);
  decoder_forward(*parts_, parameters.data(), batch, state);
  const ShardLoss result = head_loss(*parts_, parameters.data(), batch, gradient.data(), state);
  decoder_backward(*parts_, parameters.data(), batch, gradient.data(), state);
  return result;
}

ShardLoss Llama::loss(std::span<const float> parameters, const Batch& batch,
                      Workspace& workspace) const {
  check_buffer(parameters.size(), parameters.data(), layout(), "parameters");
  Workspace::State& state = workspace.state();
  state.prepare(*parts_, static_cast<std::int64_t>(batch.windows) * batch.length, false);
  decoder_forward(*parts_, parameters.data(), batch, state);
  return head_loss(*parts_, parameters.data(), batch, nullptr, state);
}

void Llama::logits(std::span<const float> parameters, const Batch& batch, std::span<float> out,
                   Workspace& workspace) const {
  check_buffer(parameters.size(), parameters.data(), layout(), "parameters");
  const Config& c = config();
  const std::int64_t rows = static_cast<std::int64_t>(batch.windows) * batch.length;
  ORCH_CHECK(static_cast<std::int64_t>(out.size()) == rows * c.vocab_size, "logits: %zu floats",
             out.size());
  Workspace::State& state = workspace.state();
  state.prepare(*parts_, rows, false);
  decoder_forward(*parts_, parameters.data(), batch, state);
  multiply_by_transposed(out.data(), c.vocab_size, state.normed_out, c.hidden_size,
                         parameters.data() + parts_->head, c.hidden_size, rows, c.hidden_size,
                         c.vocab_size, 0.0F);
}

}  // namespace orch::model
