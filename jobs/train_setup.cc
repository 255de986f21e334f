#include "jobs/train_setup.h"

#include <chrono>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/parallel/comm.h"
#include "kernels/ops.h"
#include "orch_build_id.h"

namespace orch::jobs {
namespace {

Result<model::Config> fresh_config(const protocol::ModelSpec& spec,
                                   const tokenizer::Tokenizer& tokenizer) {
  if (spec.architecture != "llama")
    return invalid("model.architecture: " + spec.architecture + ": only llama is known");
  model::Config config;
  config.vocab_size = tokenizer.vocabulary_size();
  config.hidden_size = spec.hidden_size;
  config.intermediate_size = spec.intermediate_size;
  config.num_hidden_layers = spec.num_hidden_layers;
  config.num_attention_heads = spec.num_attention_heads;
  config.num_key_value_heads = spec.num_key_value_heads;
  config.head_dim =
      spec.head_dim > 0 ? spec.head_dim : spec.hidden_size / std::max(1, spec.num_attention_heads);
  config.max_position_embeddings = spec.max_position_embeddings;
  config.rms_norm_eps = spec.rms_norm_eps;
  config.rope_theta = spec.rope_theta;
  config.tie_word_embeddings = spec.tie_word_embeddings;
  config.initializer_range = spec.initializer_range;
  if (tokenizer.end_of_text() >= 0) config.eos_token_ids = {tokenizer.end_of_text()};
  ORCH_TRY(model::check_config(config, "model"));
  return config;
}

std::string parameters_digest(std::span<const float> parameters) {
  return sha256_hex({reinterpret_cast<const char*>(parameters.data()), parameters.size_bytes()});
}

/// What the run begins with: a given checkpoint, or nothing.
struct Beginning {
  std::optional<checkpoint::LoadedModel> given;
  std::string directory;  ///< of the given checkpoint
};

/// The tokenizer of the data, or of the checkpoint; they must agree where there are both.
Result<std::unique_ptr<tokenizer::Tokenizer>> open_tokenizer(const std::string& checkpoint,
                                                             const std::string& data) {
  const bool in_checkpoint =
      !checkpoint.empty() && file_exists(join_path(checkpoint, "tokenizer.json"));
  if (!in_checkpoint && data.empty())
    return invalid("no tokenizer: " + checkpoint +
                   " holds no tokenizer.json, and the task names no data");
  ORCH_ASSIGN(auto tokenizer, tokenizer::Tokenizer::open(in_checkpoint ? checkpoint : data));
  if (in_checkpoint && !data.empty()) {
    ORCH_ASSIGN(const auto other, tokenizer::Tokenizer::open(data));
    if (other->json() != tokenizer->json())
      return invalid("the tokenizers of " + checkpoint + " and " + data + " differ",
                     "prepare the data with `tokenizer:` set to the checkpoint's");
  }
  return tokenizer;
}

Result<void> load_weights(const protocol::TrainSpec& spec, Beginning beginning, TrainSetup& setup) {
  model::Config config;
  if (beginning.given) {
    config = beginning.given->config;
    setup.plan.start_digest = parameters_digest(beginning.given->parameters.span());
  } else {
    ORCH_ASSIGN(config, fresh_config(*spec.model, *setup.tokenizer));
    setup.plan.start_digest = "initialised";
  }
  if (setup.tokenizer->vocabulary_size() > config.vocab_size)
    return invalid("the tokenizer has " + std::to_string(setup.tokenizer->vocabulary_size()) +
                   " tokens, the model of " + beginning.directory + " only " +
                   std::to_string(config.vocab_size));
  ORCH_ASSIGN(model::Llama model, model::Llama::create(config, kernels::cpu_ops()));
  setup.model = std::make_unique<model::Llama>(std::move(model));
  if (setup.plan.resume_step > 0) {
    Result<checkpoint::LoadedModel> loaded = checkpoint::load_model(setup.plan.resume_path);
    if (!loaded.ok())
      return Error{loaded.error().code, loaded.error().message,
                   "remove " + setup.plan.resume_path + " to go on from an earlier checkpoint"};
    checkpoint::LoadedModel resumed = std::move(*loaded);
    if (resumed.layout.total != setup.model->layout().total)
      return conflict(
          setup.plan.resume_path + ": the checkpoint is of another model than the spec's",
          "use a new output directory, or the spec that this run began with");
    setup.plan.parameters = std::move(resumed.parameters);
    setup.plan.resume_digest = resumed.digest;
  } else if (beginning.given) {
    setup.plan.parameters = std::move(beginning.given->parameters);
  } else {
    setup.plan.parameters = model::AlignedBuffer(setup.model->layout().total);
    model::initialise(config, setup.model->layout(), spec.seed, setup.plan.parameters.span());
  }
  return {};
}

}  // namespace

Result<TrainSetup> open_training(const std::string& kind, const protocol::TrainSpec& spec,
                                 const RankLink& link) {
  const protocol::RankStart& start = link.start();
  TrainSetup setup;
  setup.plan.kind = kind;
  setup.plan.spec = spec;
  setup.plan.steps = spec.steps;
  setup.plan.resume_path = start.resume_path;
  setup.plan.resume_step = start.resume_path.empty() ? 0 : start.resume_step;
  if (!spec.data.text.empty()) {
    ORCH_ASSIGN(setup.data_directory, link.resolve(spec.data));
  }
  Beginning beginning;
  if (spec.checkpoint) {
    ORCH_ASSIGN(beginning.directory, link.resolve(*spec.checkpoint));
    ORCH_ASSIGN(beginning.given, checkpoint::load_model(beginning.directory));
  } else if (!spec.model) {
    return invalid(kind + ": neither `checkpoint` nor `model` is given");
  }
  ORCH_ASSIGN(setup.tokenizer, open_tokenizer(beginning.directory, setup.data_directory));
  setup.plan.small_files = {{"tokenizer.json", setup.tokenizer->json()},
                            {"tokenizer_config.json", setup.tokenizer->config_json()}};
  ORCH_TRY(load_weights(spec, std::move(beginning), setup));
  const std::string token = start.gang_token.empty() ? "single" : start.gang_token;
  ORCH_ASSIGN(setup.comm, parallel::open_shared_memory(token + "-train", start.rank,
                                                       start.ranks_total, parallel::kPeerTimeout));
  ORCH_ASSIGN(setup.save_comm,
              parallel::open_shared_memory(token + "-save", start.rank, start.ranks_total,
                                           parallel::kPeerTimeout));
  return setup;
}

Result<void> run_training(TrainSetup setup, const BatchSource& source, const Clock& clock,
                          RankLink& link) {
  const TrainWorld world{.model = *setup.model,
                         .source = source,
                         .comm = *setup.comm,
                         .save_comm = *setup.save_comm,
                         .clock = clock,
                         .link = link,
                         .build = std::string(build_id()) + "-" + kernels::cpu_ops().name};
  ORCH_ASSIGN(const TrainEnd end, train(std::move(setup.plan), world));
  return finish_training(end, link);
}

}  // namespace orch::jobs
