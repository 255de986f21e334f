#include <algorithm>

#include "protocol/quantity.h"
#include "protocol/spec_check.h"

namespace orch::protocol {
namespace {

/// A map of the tree, read with defaults: what is missing or wrong leaves the target as it is.
class MapView {
 public:
  explicit MapView(const SpecNode* node) : node_(node) {}
  bool exists() const { return node_ != nullptr; }
  const SpecNode* find(std::string_view key) const { return node_ ? node_->find(key) : nullptr; }
  MapView map(std::string_view key) const {
    const SpecNode* node = find(key);
    return MapView(node && node->kind == SpecNode::Kind::kMap ? node : nullptr);
  }

  void get(std::string_view key, std::string& out) const {
    if (const SpecNode* node = find(key); node && node->kind == SpecNode::Kind::kScalar)
      out = node->text;
  }
  template <typename Integer>
  void get_integer(std::string_view key, Integer& out) const {
    std::int64_t value = 0;
    if (const SpecNode* node = find(key); node && read_integer(*node, value))
      out = static_cast<Integer>(value);
  }
  void get(std::string_view key, double& out) const {
    double value = 0;
    if (const SpecNode* node = find(key); node && read_number(*node, value)) out = value;
  }
  void get(std::string_view key, bool& out) const {
    bool value = false;
    if (const SpecNode* node = find(key); node && read_boolean(*node, value)) out = value;
  }
  void get(std::string_view key, Duration& out) const {
    if (const SpecNode* node = find(key); node && node->kind == SpecNode::Kind::kScalar)
      if (const auto value = parse_duration(node->text); value.ok()) out = *value;
  }
  void get(std::string_view key, Reference& out) const {
    if (const SpecNode* node = find(key); node && node->kind == SpecNode::Kind::kScalar)
      if (auto value = parse_reference(node->text); value.ok()) out = *value;
  }
  void get(std::string_view key, std::optional<Reference>& out) const {
    if (const SpecNode* node = find(key); node && node->kind == SpecNode::Kind::kScalar)
      get(key, out.emplace());
  }
  void get(std::string_view key, std::vector<Reference>& out) const {
    if (const SpecNode* node = find(key))
      for (const auto& item : node->items)
        if (auto value = parse_reference(item.text); value.ok()) out.push_back(*value);
  }
  void get(std::string_view key, std::vector<std::string>& out) const {
    if (const SpecNode* node = find(key))
      for (const auto& item : node->items) out.push_back(item.text);
  }
  void get(std::string_view key, std::map<std::string, std::string>& out) const {
    if (const SpecNode* node = find(key))
      for (std::size_t i = 0; i < node->keys.size(); ++i)
        out.emplace(node->keys[i].text, node->items[i].text);
  }

 private:
  const SpecNode* node_;
};

ModelSpec build_model(const MapView& m) {
  ModelSpec v;
  m.get("architecture", v.architecture);
  m.get_integer("hidden_size", v.hidden_size);
  m.get_integer("intermediate_size", v.intermediate_size);
  m.get_integer("num_hidden_layers", v.num_hidden_layers);
  m.get_integer("num_attention_heads", v.num_attention_heads);
  v.num_key_value_heads = v.num_attention_heads;
  m.get_integer("num_key_value_heads", v.num_key_value_heads);
  m.get_integer("head_dim", v.head_dim);
  m.get_integer("max_position_embeddings", v.max_position_embeddings);
  m.get("rms_norm_eps", v.rms_norm_eps);
  m.get("rope_theta", v.rope_theta);
  m.get("tie_word_embeddings", v.tie_word_embeddings);
  m.get("initializer_range", v.initializer_range);
  return v;
}

TrainSpec build_train(const MapView& m) {
  TrainSpec v;
  m.get("checkpoint", v.checkpoint);
  if (const MapView model = m.map("model"); model.exists()) v.model = build_model(model);
  m.get("data", v.data);
  m.get_integer("steps", v.steps);
  if (const MapView stop = m.map("stop"); stop.exists()) {
    StopRule& rule = v.stop.emplace();
    stop.get("loss", rule.loss);
    stop.get_integer("over", rule.over);
  }
  m.get_integer("batch_windows", v.batch_windows);
  m.get_integer("window", v.window);
  m.get_integer("shards", v.shards);
  m.get_integer("threads", v.threads);
  m.get_integer("seed", v.seed);
  const MapView optimizer = m.map("optimizer");
  optimizer.get("lr", v.optimizer.lr);
  optimizer.get("beta1", v.optimizer.beta1);
  optimizer.get("beta2", v.optimizer.beta2);
  optimizer.get("eps", v.optimizer.eps);
  optimizer.get("weight_decay", v.optimizer.weight_decay);
  optimizer.get("clip", v.optimizer.clip);
  optimizer.get("warmup_ratio", v.optimizer.warmup_ratio);
  optimizer.get("min_lr_ratio", v.optimizer.min_lr_ratio);
  const MapView checkpoints = m.map("checkpoints");
  checkpoints.get_integer("every", v.checkpoints.every);
  checkpoints.map("keep").get_integer("last", v.checkpoints.keep_last);
  checkpoints.map("keep").get_integer("every", v.checkpoints.keep_every);
  return v;
}

PrepareSpec build_prepare(const MapView& m) {
  PrepareSpec v;
  if (const MapView tokenizer = m.map("tokenizer"); tokenizer.exists()) {
    const MapView train = tokenizer.map("train");
    auto& t = v.train_tokenizer.emplace();
    train.get_integer("vocabulary", t.vocabulary);
    train.get_integer("min_frequency", t.min_frequency);
    train.get("special_tokens", t.special_tokens);
    train.get("files", t.files);
  } else {
    m.get("tokenizer", v.tokenizer);
  }
  m.get("unicode", v.unicode);
  if (const SpecNode* sources = m.find("sources"))
    for (std::size_t i = 0; i < sources->keys.size(); ++i) {
      PrepareSpec::Source source{sources->keys[i].text, {}};
      MapView(&sources->items[i]).get("files", source.files);
      v.sources.push_back(std::move(source));
    }
  return v;
}

PretrainSpec build_pretrain(const MapView& m) {
  PretrainSpec v{build_train(m), {}};
  if (const SpecNode* mixture = m.find("mixture"))
    for (std::size_t i = 0; i < mixture->keys.size(); ++i) {
      std::int64_t weight = 0;
      if (read_integer(mixture->items[i], weight))
        v.mixture.emplace_back(mixture->keys[i].text, static_cast<std::uint32_t>(weight));
    }
  return v;
}

InstructSpec build_instruct(const MapView& m) {
  InstructSpec v;
  v.train = build_train(m);
  m.get("rows", v.rows);
  m.get("epochs", v.epochs);
  const MapView turns = m.map("template");
  turns.get("user_prefix", v.user_prefix);
  turns.get("user_suffix", v.user_suffix);
  turns.get("assistant_prefix", v.assistant_prefix);
  turns.get("assistant_suffix", v.assistant_suffix);
  return v;
}

EvaluateSpec build_evaluate(const MapView& m) {
  EvaluateSpec v;
  m.get("checkpoint", v.checkpoint);
  m.get("label", v.label);
  const SpecNode* suites = m.find("suites");
  if (suites == nullptr) return v;
  for (const auto& node : suites->items) {
    const MapView s(&node);
    EvaluateSpec::Suite suite;
    s.get("name", suite.name);
    s.get("kind", suite.kind);
    s.get("format", suite.format);
    s.get("data", suite.data);
    s.get_integer("num_fewshot", suite.num_fewshot);
    s.get_integer("max_new_tokens", suite.max_new_tokens);
    s.get("chat", suite.chat);
    s.get_integer("limit", suite.limit);
    s.get("label", suite.label);
    s.get("role", suite.role);
    v.suites.push_back(std::move(suite));
  }
  return v;
}

ForgettingSpec build_forgetting(const MapView& m) {
  ForgettingSpec v;
  m.get("base", v.base);
  m.get("candidate", v.candidate);
  m.get("baselines", v.baselines);
  m.get("suites", v.suites);
  m.get("margin", v.margin);
  m.get("alpha", v.alpha);
  std::string gate;
  m.get("gate", gate);
  v.gate = gate == "stop";
  return v;
}

TaskBlock build_block(const MapView& task) {
  const auto block = [&](TaskKind kind) { return task.map(task_kind_name(kind)); };
  if (const auto m = block(TaskKind::kPrepare); m.exists()) return build_prepare(m);
  if (const auto m = block(TaskKind::kPretrain); m.exists()) return build_pretrain(m);
  if (const auto m = block(TaskKind::kInstruct); m.exists()) return build_instruct(m);
  if (const auto m = block(TaskKind::kEvaluate); m.exists()) return build_evaluate(m);
  if (const auto m = block(TaskKind::kForgetting); m.exists()) return build_forgetting(m);
  if (const auto m = block(TaskKind::kCheckpoint); m.exists()) {
    CheckpointSpec v;
    m.get("from", v.from);
    m.get("action", v.action);
    return v;
  }
  CommandSpec v;
  const auto m = block(TaskKind::kCommand);
  m.get("argv", v.argv);
  m.get("env", v.env);
  return v;
}

}  // namespace

TaskSpec build_task(const std::string& name, const SpecNode& node) {
  const MapView m(&node);
  TaskSpec v;
  v.name = name;
  m.get("needs", v.needs);
  if (const MapView range = m.map("ranks"); range.exists()) {
    range.get_integer("min", v.ranks.min);
    range.get_integer("max", v.ranks.max);
  } else {
    m.get_integer("ranks", v.ranks.min);
    v.ranks.max = v.ranks.min;
  }
  const MapView resources = m.map("resources");
  resources.get_integer("cpu", v.resources.cpu);
  resources.get_integer("gpu", v.resources.gpu);
  std::string memory;
  resources.get("memory", memory);
  if (const auto size = parse_size(memory); size.ok()) v.resources.memory_bytes = *size;
  const MapView retry = m.map("retry");
  retry.get_integer("limit", v.retry.limit);
  if (retry.find("on") != nullptr) {
    std::vector<std::string> on;
    retry.get("on", on);
    v.retry.on_infrastructure = std::find(on.begin(), on.end(), "infrastructure") != on.end();
    v.retry.on_exit = std::find(on.begin(), on.end(), "exit") != on.end();
  }
  m.get("timeout", v.timeout);
  m.get("grace", v.grace);
  v.block = build_block(m);
  return v;
}

JobSpec build_job(const SpecNode& root, std::map<std::string, std::string> vars) {
  const MapView m(&root);
  JobSpec v;
  m.get_integer("version", v.version);
  m.get("name", v.name);
  m.get("queue", v.queue);
  m.get_integer("priority", v.priority);
  m.get("note", v.note);
  m.get("labels", v.labels);
  v.vars = std::move(vars);
  if (const SpecNode* tasks = m.find("tasks"))
    for (std::size_t i = 0; i < tasks->keys.size(); ++i)
      v.tasks.push_back(build_task(tasks->keys[i].text, tasks->items[i]));
  for (auto& task : v.tasks) {
    for (const auto& [place, reference] : references_of(task))
      if (reference.kind == Reference::Kind::kTask) task.needs.push_back(reference.task);
    std::sort(task.needs.begin(), task.needs.end());
    task.needs.erase(std::unique(task.needs.begin(), task.needs.end()), task.needs.end());
  }
  return v;
}

}  // namespace orch::protocol
