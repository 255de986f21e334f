#include "jobs/model/inference.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "jobs/model/gemm.h"
#include "jobs/model/ragged.h"

namespace orch::model {
namespace {

constexpr std::int64_t kLogitFloatsMax = 1 << 20;  // logits at a time

// Where in a pass the logits that judge one token lie.
struct Probe {
  std::size_t continuation = 0;
  std::int32_t token = 0;
};

}  // namespace

struct Inference::State {
  const Llama& model;
  std::span<const float> parameters;
  Ragged ragged;
  AlignedBuffer gathered, logits;
  std::vector<float> log_probabilities;
  std::vector<std::uint8_t> greedy;

  State(const Llama& used, std::span<const float> values)
      : model(used), parameters(values), ragged(used.parts(), values.data()) {}

  const Config& config() const { return model.config(); }

  Result<void> check_ids(std::span<const std::int32_t> ids, const std::string& what) const {
    for (const std::int32_t id : ids) {
      if (id >= 0 && id < config().vocab_size) continue;
      return invalid(what + ": id " + std::to_string(id) + " is not in the vocabulary of " +
                     std::to_string(config().vocab_size));
    }
    return {};
  }

  Result<void> check_length(std::size_t length, const std::string& what) const {
    if (static_cast<std::int64_t>(length) <= config().max_position_embeddings) return {};
    return invalid(what + ": " + std::to_string(length) + " tokens, the model has " +
                   std::to_string(config().max_position_embeddings) + " positions");
  }

  // Logits of the given rows of the last pass, into `out` (rows.size(), vocabulary).
  void head(std::span<const std::int64_t> rows, float* out) {
    const std::int64_t d = config().hidden_size, vocabulary = config().vocab_size;
    const auto count = static_cast<std::int64_t>(rows.size());
    if (gathered.size() < count * d) gathered = AlignedBuffer(count * d);
    for (std::int64_t i = 0; i < count; ++i) {
      std::memcpy(gathered.data() + i * d, ragged.hidden(rows[static_cast<std::size_t>(i)]),
                  static_cast<std::size_t>(d) * sizeof(float));
    }
    multiply_by_transposed(out, vocabulary, gathered.data(), d,
                           parameters.data() + model.parts().head, d, count, d, vocabulary, 0.0F);
  }

  float* logit_buffer(std::int64_t rows) {
    if (logits.size() < rows * config().vocab_size)
      logits = AlignedBuffer(rows * config().vocab_size);
    return logits.data();
  }

  Result<void> check_request(const ScoreRequest& request, std::size_t index) const {
    const std::string what = "request " + std::to_string(index);
    if (request.context.empty()) return invalid(what + ": empty context");
    ORCH_TRY(check_ids(request.context, what));
    for (const auto& continuation : request.continuations) {
      if (continuation.empty()) return invalid(what + ": empty continuation");
      ORCH_TRY(check_ids(continuation, what));
      // The last token of a continuation is only predicted.
      ORCH_TRY(check_length(request.context.size() + continuation.size() - 1, what));
    }
    return check_length(request.context.size(), what);
  }

  void score_one(const ScoreRequest& request, std::vector<ContinuationScore>& scores);
  void judge(std::span<const std::int64_t> rows, std::span<const Probe> probes,
             std::vector<ContinuationScore>& scores);
};

// The context once, then all continuations behind it, each seeing the context and itself only. One
// pass a request: its shapes and so its bits do not depend on which requests stand beside it.
void Inference::State::score_one(const ScoreRequest& request,
                                 std::vector<ContinuationScore>& scores) {
  ragged.clear();
  std::vector<std::int64_t> rows;
  std::vector<Probe> probes;
  const Ragged::Run context = ragged.add(request.context, {});
  const std::int64_t context_last = context.begin + context.rows - 1;
  for (std::size_t j = 0; j < request.continuations.size(); ++j) {
    const std::vector<std::int32_t>& tokens = request.continuations[j];
    const Ragged::Run run = ragged.add(std::span(tokens).first(tokens.size() - 1), context);
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      rows.push_back(t == 0 ? context_last : run.begin + static_cast<std::int64_t>(t) - 1);
      probes.push_back({j, tokens[t]});
    }
    scores[j] = {0.0, true, static_cast<int>(tokens.size())};
  }
  ragged.compute();
  judge(rows, probes, scores);
}

void Inference::State::judge(std::span<const std::int64_t> rows, std::span<const Probe> probes,
                             std::vector<ContinuationScore>& scores) {
  const std::int64_t vocabulary = config().vocab_size;
  const auto chunk =
      static_cast<std::size_t>(std::clamp<std::int64_t>(kLogitFloatsMax / vocabulary, 16, 512));
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    const std::size_t count = std::min(chunk, rows.size() - begin);
    float* out = logit_buffer(static_cast<std::int64_t>(chunk));
    head(rows.subspan(begin, count), out);
    std::vector<std::int32_t> labels;
    for (std::size_t i = 0; i < count; ++i) labels.push_back(probes[begin + i].token);
    log_probabilities.resize(chunk);
    greedy.resize(chunk);
    model.parts().ops->log_softmax_gather(log_probabilities.data(), greedy.data(), out,
                                          labels.data(), static_cast<std::int64_t>(count),
                                          vocabulary, nullptr);
    for (std::size_t i = 0; i < count; ++i) {
      const Probe& probe = probes[begin + i];
      ContinuationScore& score = scores[probe.continuation];
      score.log_likelihood += static_cast<double>(log_probabilities[i]);
      score.greedy = score.greedy && greedy[i] != 0;
    }
  }
}

Inference::Inference(const Llama& model, std::span<const float> parameters)
    : state_(std::make_unique<State>(model, parameters)) {
  ORCH_CHECK(static_cast<std::int64_t>(parameters.size()) == model.layout().total, "%zu floats",
             parameters.size());
  ORCH_CHECK(reinterpret_cast<std::uintptr_t>(parameters.data()) % 64 == 0, "not 64-byte aligned");
}
Inference::~Inference() = default;
Inference::Inference(Inference&&) noexcept = default;

Result<std::vector<float>> Inference::logits(std::span<const std::int32_t> ids) {
  State& state = *state_;
  if (ids.empty()) return invalid("logits: no ids");
  ORCH_TRY(state.check_ids(ids, "logits"));
  ORCH_TRY(state.check_length(ids.size(), "logits"));
  state.ragged.clear();
  state.ragged.add(ids, {});
  state.ragged.compute();
  std::vector<std::int64_t> rows(ids.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  std::vector<float> out(ids.size() * static_cast<std::size_t>(state.config().vocab_size));
  state.head(rows, out.data());
  return out;
}

Result<std::vector<std::vector<ContinuationScore>>> Inference::score(
    std::span<const ScoreRequest> requests) {
  State& state = *state_;
  std::vector<std::vector<ContinuationScore>> scores(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ORCH_TRY(state.check_request(requests[i], i));
    scores[i].resize(requests[i].continuations.size());
  }
  for (std::size_t i = 0; i < requests.size(); ++i) state.score_one(requests[i], scores[i]);
  return scores;
}

Result<std::vector<std::int32_t>> Inference::generate(std::span<const std::int32_t> ids,
                                                      int max_new_tokens,
                                                      std::span<const std::int32_t> stop) {
  State& state = *state_;
  if (ids.empty()) return invalid("generate: no ids");
  ORCH_TRY(state.check_ids(ids, "generate"));
  ORCH_TRY(state.check_length(ids.size(), "generate"));
  const std::int64_t vocabulary = state.config().vocab_size;
  state.ragged.clear();
  state.ragged.add(ids, {});
  std::vector<std::int32_t> generated;
  while (static_cast<int>(generated.size()) < max_new_tokens) {
    state.ragged.compute();
    const std::int64_t last = state.ragged.rows() - 1;
    float* out = state.logit_buffer(1);
    state.head({&last, 1}, out);
    const auto next = static_cast<std::int32_t>(std::max_element(out, out + vocabulary) - out);
    if (std::find(stop.begin(), stop.end(), next) != stop.end()) break;
    generated.push_back(next);
    if (state.ragged.positions() == state.config().max_position_embeddings) break;
    state.ragged.append(next);
  }
  return generated;
}

}  // namespace orch::model
