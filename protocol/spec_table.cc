#include "protocol/spec_table.h"

#include "base/limits.h"

namespace orch::protocol {
namespace {

using Kind = SpecShape::Kind;
using Fields = std::vector<SpecField>;

constexpr double kIntMax = 1'000'000'000;
constexpr double kStepsMax = 1'000'000'000'000;
constexpr double kSeedMax = 9'007'199'254'740'991;  // 2^53 - 1: exact in JSON

SpecShape of(Kind kind) {
  SpecShape shape;
  shape.kind = kind;
  return shape;
}
SpecShape integer(double low, double high) {
  SpecShape shape = of(Kind::kInteger);
  shape.low = low;
  shape.high = high;
  return shape;
}
SpecShape number(double low, double high) {
  SpecShape shape = of(Kind::kNumber);
  shape.low = low;
  shape.high = high;
  return shape;
}
SpecShape number_above(double low, double high) {
  SpecShape shape = number(low, high);
  shape.above_low = true;
  return shape;
}
SpecShape choice(std::vector<std::string> choices) {
  SpecShape shape = of(Kind::kChoice);
  shape.choices = std::move(choices);
  return shape;
}
SpecShape record(Fields fields) {
  SpecShape shape = of(Kind::kRecord);
  shape.fields = std::move(fields);
  return shape;
}
SpecShape list(SpecShape item, std::size_t min, std::size_t max) {
  SpecShape shape = of(Kind::kList);
  shape.parts = {std::move(item)};
  shape.items_min = min;
  shape.items_max = max;
  return shape;
}
SpecShape dictionary(SpecShape value, std::size_t min, std::size_t max) {
  SpecShape shape = list(std::move(value), min, max);
  shape.kind = Kind::kDictionary;
  return shape;
}
SpecShape free_dictionary(SpecShape value, std::size_t max) {
  SpecShape shape = dictionary(std::move(value), 0, max);
  shape.free_keys = true;
  return shape;
}
SpecShape scalar_or_record(SpecShape scalar, SpecShape map) {
  SpecShape shape = of(Kind::kScalarOrRecord);
  shape.parts = {std::move(scalar), std::move(map)};
  return shape;
}
SpecField required(std::string key, SpecShape shape, std::string doc) {
  return {std::move(key), std::move(doc), std::move(shape), true, false};
}
SpecField optional(std::string key, SpecShape shape, std::string doc) {
  return {std::move(key), std::move(doc), std::move(shape), false, false};
}
SpecField block(std::string key, SpecShape shape, std::string doc) {
  return {std::move(key), std::move(doc), std::move(shape), false, true};
}

SpecShape model_shape() {
  return record({
      optional("architecture", choice({"llama"}), "Model family (default llama)."),
      optional("hidden_size", integer(8, 65536), "Width of the residual stream (default 128)."),
      optional("intermediate_size", integer(8, 1 << 20), "Width inside the MLP (default 352)."),
      optional("num_hidden_layers", integer(1, 1000), "Decoder blocks (default 2)."),
      optional("num_attention_heads", integer(1, 1024), "Query heads (default 4)."),
      optional("num_key_value_heads", integer(1, 1024),
               "Key and value heads; divides num_attention_heads (default: as many)."),
      optional("head_dim", integer(0, 4096),
               "Width of a head, even; 0: hidden_size / num_attention_heads (default 0)."),
      optional("max_position_embeddings", integer(2, 1 << 24), "Longest window (default 2048)."),
      optional("rms_norm_eps", number_above(0, 1), "Epsilon of RMSNorm (default 1e-5)."),
      optional("rope_theta", number_above(0, 1e12),
               "Base of the rotary embedding (default 10000)."),
      optional("tie_word_embeddings", of(Kind::kBoolean),
               "The head is the embedding matrix (default true)."),
      optional("initializer_range", number_above(0, 10),
               "Standard deviation of the initial weights (default 0.02)."),
  });
}

SpecShape optimizer_shape() {
  return record({
      optional("lr", number_above(0, 10), "Peak learning rate of AdamW (default 1e-3)."),
      optional("beta1", number(0, 0.999999), "Decay of the first moment (default 0.9)."),
      optional("beta2", number(0, 0.999999), "Decay of the second moment (default 0.95)."),
      optional("eps", number_above(0, 1), "Added to the root of the second moment (default 1e-8)."),
      optional("weight_decay", number(0, 10),
               "Decoupled decay of matrices and the embedding (default 0.1)."),
      optional("clip", number(0, 1e6), "Global gradient norm; 0: off (default 1.0)."),
      optional("warmup_ratio", number(0, 1), "Part of the steps that warm up (default 0.05)."),
      optional("min_lr_ratio", number(0, 1), "Cosine ends at this part of lr (default 0.1)."),
  });
}

SpecShape checkpoints_shape() {
  const SpecShape keep = record({
      optional("last", integer(1, 1000), "Newest checkpoints kept (default 2)."),
      optional("every", integer(0, kStepsMax), "Also each whose step divides by this; 0: none."),
  });
  return record({
      optional("every", integer(1, kStepsMax),
               "Steps between checkpoints (default 100); the last step is always saved."),
      optional("keep", keep, "Which checkpoints stay."),
  });
}

SpecShape stop_shape() {
  return record({
      required("loss", number(0, 1000), "Enough when the mean loss is at most this."),
      optional("over", integer(1, 1'000'000), "Steps that the mean is over (default 50)."),
  });
}

/// What pretrain and instruct share; `extra` is appended.
SpecShape train_shape(bool steps_required, bool data_required, Fields extra) {
  const SpecShape steps = integer(1, kStepsMax);
  const SpecShape data = of(Kind::kReference);
  const std::string steps_doc = "Optimizer steps.";
  const std::string data_doc = "Dataset artifact of a prepare task (token shards and tokenizer).";
  Fields fields = {
      optional("checkpoint", of(Kind::kReference), "Start from these weights; else `model`."),
      optional("model", model_shape(), "A new model from nothing; keys as in config.json."),
      data_required ? required("data", data, data_doc) : optional("data", data, data_doc),
      steps_required ? required("steps", steps, steps_doc) : optional("steps", steps, steps_doc),
      optional("stop", stop_shape(), "Ends the run before `steps`, once the loss is low enough."),
      optional("batch_windows", integer(1, 1 << 20),
               "Windows (pretrain) or rows (instruct) of a global batch (default 16)."),
      optional("window", integer(2, 1 << 20), "Tokens of a window or row (default 64)."),
      optional("shards", integer(1, limits::kRanksPerTaskMax),
               "Logical micro-shards of a global batch: a power of two that divides batch_windows; "
               "any number of ranks up to it gives the same bits (default 4)."),
      optional("threads", integer(1, 1024),
               "Shards that a rank computes side by side (default 1)."),
      optional("seed", integer(0, kSeedMax), "Everything random comes from it (default 0)."),
      optional("optimizer", optimizer_shape(), "AdamW, linear warm-up, cosine."),
      optional("checkpoints", checkpoints_shape(), "When to save and what to keep."),
  };
  for (auto& field : extra) fields.push_back(std::move(field));
  return record(std::move(fields));
}

SpecShape pretrain_shape() {
  return train_shape(
      true, true,
      {required("mixture", dictionary(integer(1, 65536), 1, limits::kSourcesMax),
                "Source → integer weight, sum at most 65536; exact at every prefix.")});
}

SpecShape instruct_shape() {
  const SpecShape turns = record({
      optional("user_prefix", of(Kind::kString), "Before the prompt (default \"Human: \\n\")."),
      optional("user_suffix", of(Kind::kString), "After the prompt (default \"\\n\\n\")."),
      optional("assistant_prefix", of(Kind::kString),
               "Before the answer (default \"Assistant: \\n\")."),
      optional("assistant_suffix", of(Kind::kString),
               "After the answer, before EOS (default \"\")."),
  });
  return train_shape(
      false, false,
      {required("rows", of(Kind::kReference), "JSONL with {\"prompt\": …, \"answer\": …} a line."),
       optional("epochs", number_above(0, 100000), "Passes over the rows; or `steps`."),
       optional("template", turns, "Literal strings of the turn format.")});
}

SpecShape prepare_shape() {
  const SpecShape files = list(of(Kind::kReference), 1, limits::kFilesMax);
  const SpecShape train = record({
      optional("vocabulary", integer(257, 1 << 20),
               "Tokens with bytes and specials (default 2048)."),
      optional("min_frequency", integer(1, kIntMax), "Rarer pairs are not merged (default 2)."),
      optional("special_tokens", list(of(Kind::kString), 0, 1000),
               "Get the first ids; the first one is the end-of-text token."),
      required("files", files, "JSONL with {\"text\": …} a line."),
  });
  const SpecShape tokenizer =
      scalar_or_record(of(Kind::kReference),
                       record({required("train", train, "Train a byte-level BPE tokenizer.")}));
  const SpecShape source = record({required("files", files, "JSONL with {\"text\": …} a line.")});
  return record({
      required("tokenizer", tokenizer, "\"@task\" or a path to tokenizer.json, or {train: …}."),
      optional("unicode", choice({"huggingface", "14.0.0", "15.0.0", "15.1.0", "16.0.0", "17.0.0"}),
               "Version of Unicode that the tokenizer works by (default huggingface: as Hugging "
               "Face tokenizers 0.23)."),
      required("sources", dictionary(source, 1, limits::kSourcesMax), "Name → files of documents."),
  });
}

SpecShape evaluate_shape() {
  const SpecShape suite = record({
      required("name", of(Kind::kName), "Its samples file is samples_<name>.jsonl."),
      optional("kind", choice({"multiple_choice", "generate"}),
               "How it is scored (default multiple_choice)."),
      optional(
          "format", choice({"jsonl", "mmlu", "medqa", "pairs"}),
          "jsonl (question, options, answer), mmlu (CSV), medqa (JSONL), pairs (prompt, answer); "
          "default jsonl."),
      required("data", of(Kind::kReference), "File or folder of the items."),
      optional("num_fewshot", integer(0, 100), "Worked examples before each item (default 0)."),
      optional("max_new_tokens", integer(1, 65536), "generate: at most so many (default 16)."),
      optional("chat", of(Kind::kBoolean), "Wrap the prompt in the turn format (default false)."),
      optional("limit", integer(0, kIntMax), "First items only; 0: all (default 0)."),
      optional("label", of(Kind::kString), "For people: \"general (SynthMMLU)\"."),
      optional("role", choice({"general", "medical", ""}), "Column of the report."),
  });
  return record({
      required("checkpoint", of(Kind::kReference), "The model to evaluate."),
      optional("label", of(Kind::kString), "For people: the row of the report."),
      required("suites", list(suite, 1, 1000), "What is asked."),
  });
}

SpecShape forgetting_shape() {
  return record({
      required("base", of(Kind::kReference), "Evaluation of the baseline."),
      required("candidate", of(Kind::kReference),
               "Evaluation of the newer checkpoint, same items."),
      optional("baselines", list(of(Kind::kReference), 0, 100),
               "Evaluations of other checkpoints of the base's stable stretch: their spread widens "
               "the interval."),
      optional("suites", list(of(Kind::kName), 0, 1000), "Default: all that both have."),
      optional("margin", number(0, 1), "Drop that is still a pass, as a fraction (default 0.02)."),
      optional("alpha", number_above(0, 0.5), "One-sided error of the interval (default 0.05)."),
      optional("gate", choice({"advisory", "stop"}),
               "stop: a verdict that is not pass fails the task (default advisory)."),
  });
}

Fields kind_blocks() {
  return {
      block("prepare", prepare_shape(), "Makes a dataset artifact: tokenizer and token shards."),
      block("pretrain", pretrain_shape(), "Trains on a mixture of token shards."),
      block("instruct", instruct_shape(), "Fine-tunes on prompts and answers."),
      block("checkpoint",
            record({required("from", of(Kind::kReference), "The checkpoint."),
                    optional("action", choice({"verify", "export"}),
                             "verify its digests, or export it (default verify).")}),
            "Checks or exports a checkpoint."),
      block("evaluate", evaluate_shape(), "Scores a checkpoint on suites of questions."),
      block("forgetting", forgetting_shape(), "Compares two evaluations, paired by item."),
      block("command",
            record({required("argv", list(of(Kind::kText), 1, limits::kArgumentsMax),
                             "Program and arguments; never a shell string."),
                    optional("env", free_dictionary(of(Kind::kText), limits::kArgumentsMax),
                             "Added to the environment.")}),
            "Runs any program."),
  };
}

SpecShape task_shape() {
  const SpecShape ranks = integer(1, limits::kRanksPerTaskMax);
  Fields fields = {
      optional("needs", list(of(Kind::kName), 0, limits::kTasksPerJobMax),
               "Tasks that must succeed first; references imply theirs."),
      optional("ranks",
               scalar_or_record(ranks, record({required("min", ranks, "At least."),
                                               required("max", ranks, "At most.")})),
               "Processes of the gang, placed all or none (default 1)."),
      optional("resources",
               record({optional("cpu", integer(1, 4096), "Slots of one worker (default 1)."),
                       optional("gpu", integer(0, 64), "Devices (default 0)."),
                       optional("memory", of(Kind::kSize), "Default 512MiB.")}),
               "What each rank needs."),
      optional("retry",
               record({optional("limit", integer(0, limits::kRestartsMax),
                                "Restarts of the whole gang (default 3)."),
                       optional("on", list(choice({"infrastructure", "exit"}), 0, 2),
                                "What is restarted (default [infrastructure]).")}),
               "The restart budget."),
      optional("timeout", of(Kind::kDuration), "Of one attempt; default none."),
      optional("grace", of(Kind::kDuration), "From SIGTERM to SIGKILL (default 30s)."),
  };
  for (auto& kind : kind_blocks()) fields.push_back(std::move(kind));
  return record(std::move(fields));
}

}  // namespace

const SpecShape& job_shape() {
  static const SpecShape shape = record({
      required("version", integer(1, 1), "Of this format: 1."),
      required("name", of(Kind::kName), "Of the job; need not be unique."),
      optional("queue", of(Kind::kName), "Where it waits (default \"default\")."),
      optional("priority", integer(-1000, 1000), "Higher goes first (default 0)."),
      optional("note", of(Kind::kString), "A line for people that the report ends with."),
      optional("labels", free_dictionary(of(Kind::kText), limits::kLabelsMax),
               "For people and filters."),
      optional("vars", free_dictionary(of(Kind::kText), limits::kLabelsMax),
               "Values for ${name} below; --set name=value overrides."),
      required("tasks", dictionary(task_shape(), 1, limits::kTasksPerJobMax), "The DAG, by name."),
  });
  return shape;
}

}  // namespace orch::protocol
