#pragma once
// The job spec, version 1: what a user writes in YAML, as plain structs. Field names here are the
// YAML keys. Parsed by spec_parse.h (all errors at once, with line and column). Pure values; any
// thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace orch::protocol {

/// A task's input: "@task", "@task/output", "sha:DIGEST", "name:tag", or a path. Resolved by the
/// coordinator (or `orch-tool run`) to a path before a rank sees it.
struct Reference {
  enum class Kind : unsigned char { kTask, kDigest, kTag, kPath };
  Kind kind = Kind::kPath;
  std::string text;    ///< as written
  std::string task;    ///< kTask: the task's key
  std::string output;  ///< kTask: a path below that task's artifact; "" is its root
  bool operator==(const Reference&) const = default;
};

struct Resources {
  int cpu = 1;
  int gpu = 0;
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;
  bool operator==(const Resources&) const = default;
};

/// How many ranks a gang has; fixed when min == max.
struct RankRange {
  int min = 1;
  int max = 1;
  bool operator==(const RankRange&) const = default;
};

struct Retry {
  int limit = 3;  ///< restarts of the whole gang
  bool on_infrastructure = true;
  bool on_exit = false;
  bool operator==(const Retry&) const = default;
};

/// command: {argv: […], env: {…}}
struct CommandSpec {
  std::vector<std::string> argv;
  std::map<std::string, std::string> env;
};

/// prepare: makes a dataset artifact: tokenizer.json, token shards, one folder a source, manifest.
struct PrepareSpec {
  struct TrainTokenizer {  ///< tokenizer: {train: {vocabulary: 2048, files: […], special_tokens:
                           ///< […]}}
    int vocabulary = 2048;
    int min_frequency = 2;
    std::vector<std::string> special_tokens;  ///< the first is the end-of-text token
    std::vector<Reference> files;             ///< JSONL with {"text": …}
  };
  std::optional<TrainTokenizer> train_tokenizer;
  std::optional<Reference>
      tokenizer;        ///< tokenizer: "@task" or a path to tokenizer.json or its folder
  std::string unicode;  ///< "16.0.0": one version of Unicode for the tokenizer; "": the usual ones
  struct Source {
    std::string name;  ///< the key under `sources`
    std::vector<Reference>
        files;  ///< JSONL with {"text": …}; each line is a document, EOS is appended
  };
  std::vector<Source> sources;  ///< in the order of the file
};

/// model: {hidden_size: …}: a new model from nothing; keys as in Hugging Face's config.json.
struct ModelSpec {
  std::string architecture = "llama";
  int hidden_size = 128;
  int intermediate_size = 352;
  int num_hidden_layers = 2;
  int num_attention_heads = 4;
  int num_key_value_heads = 4;
  int head_dim = 0;  ///< 0: hidden_size / num_attention_heads
  int max_position_embeddings = 2048;
  double rms_norm_eps = 1e-5;
  double rope_theta = 10000.0;
  bool tie_word_embeddings = true;
  double initializer_range = 0.02;  ///< o_proj and down_proj: / sqrt(2·layers)
};

/// optimizer: {lr: …} of pretrain and instruct: AdamW, linear warm-up, cosine to min_lr_ratio·lr.
struct OptimizerSpec {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
  double weight_decay = 0.1;  ///< on matrices and the embedding, not on norms
  double clip = 1.0;          ///< global norm; 0: off
  double warmup_ratio = 0.05;
  double min_lr_ratio = 0.1;
};

struct CheckpointPolicy {    ///< checkpoints: {every: 100, keep: {last: 3, every: 1000}}
  std::int64_t every = 100;  ///< steps; the last step is always saved
  int keep_last = 2;
  std::int64_t keep_every = 0;
};

struct StopRule {     ///< stop: {loss: 0.5, over: 50}
  double loss = 0.0;  ///< the run ends once the mean loss of its last `over` steps is at most this
  int over = 50;
};

/// What pretrain and instruct share.
struct TrainSpec {
  std::optional<Reference> checkpoint;  ///< start from these weights; else `model`
  std::optional<ModelSpec> model;
  Reference data;  ///< dataset artifact (pretrain, instruct: for its tokenizer when `model` starts
                   ///< from nothing)
  std::int64_t steps = 0;  ///< optimizer steps, at most; the schedule of the rate is made for all
  std::optional<StopRule> stop;
  int batch_windows = 16;  ///< windows (pretrain) or rows (instruct) of a global batch
  int window = 64;         ///< tokens of a window or row
  int shards =
      4;  ///< S: logical micro-shards of a global batch; a power of two that divides batch_windows
  int threads = 1;  ///< shards that one rank computes side by side
  std::uint64_t seed = 0;
  OptimizerSpec optimizer;
  CheckpointPolicy checkpoints;
};

/// pretrain: {…, mixture: {medical: 19, general: 1}}
struct PretrainSpec {
  TrainSpec train;
  std::vector<std::pair<std::string, std::uint32_t>>
      mixture;  ///< source → integer weight, sum ≤ 65,536
};

/// instruct: full fine-tuning on {"prompt": …, "answer": …} rows; loss on answer + end-of-turn
/// only.
struct InstructSpec {
  TrainSpec train;
  Reference rows;                         ///< JSONL with prompt and answer
  double epochs = 0;                      ///< or train.steps
  std::string user_prefix = "Human: \n";  ///< literal strings of the turn format
  std::string user_suffix = "\n\n";
  std::string assistant_prefix = "Assistant: \n";
  std::string assistant_suffix;  ///< before EOS
};

/// checkpoint: {from: "@base", action: verify|export}
struct CheckpointSpec {
  Reference from;
  std::string action = "verify";
};

/// evaluate: {checkpoint: "@base", suites: […]}
struct EvaluateSpec {
  Reference checkpoint;
  std::string label;  ///< for people: the row of the report, "medical:general 19:1"
  struct Suite {
    std::string name;  ///< "synthmmlu"; the samples file is samples_<name>.jsonl
    std::string kind = "multiple_choice";  ///< multiple_choice | generate
    std::string format = "jsonl";  ///< jsonl (question, options, answer) | mmlu (CSV) | medqa
                                   ///< (JSONL) | pairs (prompt, answer)
    Reference data;
    int num_fewshot = 0;
    int max_new_tokens = 16;  ///< generate
    bool chat = false;        ///< wrap the prompt in the checkpoint's turn format
    int limit = 0;            ///< 0: all items
    std::string label;        ///< for people: "general (SynthMMLU)"
    std::string role;         ///< "general" | "medical" | "" : column of the report
  };
  std::vector<Suite> suites;
};

/// forgetting: {base: "@eval-base", candidate: "@eval-4to1", margin: 0.02, alpha: 0.05, gate:
/// advisory}
struct ForgettingSpec {
  Reference base;
  Reference candidate;
  std::vector<Reference> baselines;  ///< evaluations of the base's neighbours: noise of checkpoints
  std::vector<std::string> suites;   ///< empty: all that both have
  double margin = 0.02;
  double alpha = 0.05;
  bool gate = false;  ///< true: a verdict that is not pass fails the task
};

using TaskBlock = std::variant<PrepareSpec, PretrainSpec, InstructSpec, CheckpointSpec,
                               EvaluateSpec, ForgettingSpec, CommandSpec>;

enum class TaskKind : unsigned char {
  kPrepare,
  kPretrain,
  kInstruct,
  kCheckpoint,
  kEvaluate,
  kForgetting,
  kCommand
};
/// "prepare", …, the key of the block in the spec.
const char* task_kind_name(TaskKind kind);

struct TaskSpec {
  std::string name;
  std::vector<std::string> needs;  ///< explicit and implied by references; sorted, unique
  RankRange ranks;
  Resources resources;
  Retry retry;
  Duration timeout{0};                       ///< 0: none
  Duration grace{std::chrono::seconds(30)};  ///< SIGTERM → SIGKILL
  TaskBlock block;
  TaskKind kind() const { return static_cast<TaskKind>(block.index()); }
};

struct JobSpec {
  int version = 1;
  std::string name;
  std::string queue = "default";
  int priority = 0;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> vars;
  std::string note;             ///< a line for people that the report ends with
  std::vector<TaskSpec> tasks;  ///< in the order of the file
  /// The task of that name, or null.
  const TaskSpec* find(const std::string& task) const;
};

}  // namespace orch::protocol
