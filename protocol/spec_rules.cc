#include <algorithm>
#include <bit>
#include <set>

#include "base/limits.h"
#include "protocol/error_text.h"
#include "protocol/spec_check.h"
#include "protocol/task_graph.h"

namespace orch::protocol {
namespace {

/// One task of the tree with the JobSpec around it.
struct TaskPlace {
  const JobSpec& job;
  const TaskSpec& task;
  const SpecNode& key;     ///< its name under `tasks`
  const SpecNode& node;    ///< its fields
  const SpecNode& block;   ///< the fields of its kind
  const std::string path;  ///< "tasks.base"
  SpecErrors& errors;

  std::string block_path() const { return path + "." + task_kind_name(task.kind()); }
  /// Where `name` stands in the block, or the task's key.
  const SpecNode& at(std::string_view name) const { return key_in(block, name); }
  const SpecNode& key_in(const SpecNode& map, std::string_view name) const {
    for (const auto& candidate : map.keys)
      if (candidate.text == name) return candidate;
    return key;
  }
  bool has(std::string_view name) const { return block.find(name) != nullptr; }
  void error(const SpecNode& place, const std::string& key_name, const std::string& what,
             std::string hint = {}) const {
    errors.add(place, block_path() + "." + key_name + " " + what, std::move(hint));
  }
};

std::optional<std::string> nearest_task(const TaskPlace& t, const std::string& wrong) {
  if (t.errors.size() >= limits::kSpecErrorsMax) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& task : t.job.tasks)
    if (task.name != t.task.name) names.push_back(task.name);
  return t.errors.nearest(wrong, names);
}

std::string meant(const std::optional<std::string>& near) {
  return near ? "; did you mean \"" + *near + "\"?" : "";
}

void check_needs(const TaskPlace& t) {
  const SpecNode* needs = t.node.find("needs");
  if (needs == nullptr) return;
  for (const auto& item : needs->items) {
    if (item.kind != SpecNode::Kind::kScalar || !is_valid_name(item.text)) continue;
    if (item.text == t.task.name) {
      t.errors.add(item, t.path + " needs itself");
    } else if (t.job.find(item.text) == nullptr) {
      const auto near = nearest_task(t, item.text);
      t.errors.add(item, t.path + ".needs names no task: \"" + item.text + "\"" + meant(near),
                   near.value_or(""));
    }
  }
}

/// Kinds of task whose artifact fits at a key of a block; empty: any.
std::vector<TaskKind> fitting_kinds(TaskKind kind, const std::string& key) {
  using enum TaskKind;
  if (key == "checkpoint") return {kPretrain, kInstruct, kCheckpoint, kCommand};
  if (key == "data" && (kind == kPretrain || kind == kInstruct)) return {kPrepare, kCommand};
  if (kind == kPrepare && key == "tokenizer") return {kPrepare, kCommand};
  if (kind == kForgetting && (key == "base" || key == "candidate")) return {kEvaluate, kCommand};
  return {};
}

void check_references(const TaskPlace& t) {
  const SpecShape& task_shape = field_shape(job_shape(), "tasks")->parts[0];
  const auto check = [&](const SpecNode& node, const std::string& path) {
    const auto reference = parse_reference(node.text);
    if (!reference.ok() || reference->kind != Reference::Kind::kTask) return;
    if (reference->task == t.task.name)
      return t.errors.add(node, t.path + "." + path + " refers to its own task");
    const TaskSpec* target = t.job.find(reference->task);
    if (target == nullptr) {
      const auto near = nearest_task(t, reference->task);
      return t.errors.add(
          node, t.path + "." + path + " refers to no task: \"" + node.text + "\"" + meant(near),
          near ? "@" + *near : "");
    }
    const auto kinds = fitting_kinds(t.task.kind(), path.substr(path.find('.') + 1));
    if (reference->output.empty() && !kinds.empty() &&
        std::find(kinds.begin(), kinds.end(), target->kind()) == kinds.end())
      t.errors.add(node, t.path + "." + path + " cannot use the artifact of " + target->name +
                             ", a task of kind " + task_kind_name(target->kind()));
  };
  for_each_reference(t.node, task_shape, "", check);
}

void check_model(const TaskPlace& t, const ModelSpec& m, int window) {
  const SpecNode* node = t.block.find("model");
  const auto error = [&](const char* key, const std::string& what) {
    const SpecNode* found = node->find(key);
    t.error(found ? t.key_in(*node, key) : t.at("model"), std::string("model.") + key, what);
  };
  if (m.num_attention_heads % m.num_key_value_heads != 0)
    error("num_key_value_heads", "must divide num_attention_heads");
  if (m.head_dim == 0 && m.hidden_size % m.num_attention_heads != 0)
    error("num_attention_heads", "must divide hidden_size, or set head_dim");
  else if ((m.head_dim == 0 ? m.hidden_size / m.num_attention_heads : m.head_dim) % 2 != 0)
    error(m.head_dim == 0 ? "hidden_size" : "head_dim", "makes the width of a head odd");
  if (window > m.max_position_embeddings)
    error("max_position_embeddings", "is shorter than window");
}

void check_train(const TaskPlace& t, const TrainSpec& v) {
  if (v.checkpoint.has_value() == v.model.has_value())
    t.errors.add(v.model ? t.at("model") : t.key,
                 t.block_path() + " needs exactly one of checkpoint and model");
  if (!std::has_single_bit(static_cast<unsigned>(v.shards)))
    t.error(t.at("shards"), "shards", "must be a power of two");
  else if (v.batch_windows % v.shards != 0)
    t.error(t.at(t.has("shards") ? "shards" : "batch_windows"), "shards",
            "must divide batch_windows (" + std::to_string(v.shards) + " and " +
                std::to_string(v.batch_windows) + ")");
  if (t.task.ranks.max > v.shards)
    t.errors.add(t.key_in(t.node, "ranks"),
                 t.path + ".ranks can be at most shards (" + std::to_string(v.shards) + ")");
  if (v.model) check_model(t, *v.model, v.window);
}

void check_block(const TaskPlace& t, const PretrainSpec& v) {
  check_train(t, v.train);
  std::uint64_t sum = 0;
  for (const auto& [source, weight] : v.mixture) sum += weight;
  if (sum > 65536) t.error(t.at("mixture"), "mixture", "has weights that sum to more than 65536");
  const TaskSpec* data = v.train.data.output.empty() ? t.job.find(v.train.data.task) : nullptr;
  const auto* prepare = data ? std::get_if<PrepareSpec>(&data->block) : nullptr;
  if (prepare == nullptr) return;
  std::vector<std::string> sources;
  for (const auto& source : prepare->sources) sources.push_back(source.name);
  for (const auto& key : t.block.find("mixture")->keys)
    if (std::find(sources.begin(), sources.end(), key.text) == sources.end()) {
      const auto near = t.errors.nearest(key.text, sources);
      t.error(key, "mixture",
              "names no source of " + data->name + ": \"" + key.text + "\"" + meant(near),
              near.value_or(""));
    }
}

void check_block(const TaskPlace& t, const InstructSpec& v) {
  check_train(t, v.train);
  if (t.has("steps") == t.has("epochs"))
    t.errors.add(t.has("epochs") ? t.at("epochs") : t.key,
                 t.block_path() + " needs exactly one of steps and epochs");
  if (v.train.model && !t.has("data"))
    t.errors.add(t.at("model"), t.block_path() + " with a new model needs data for its tokenizer");
}

void check_block(const TaskPlace& t, const EvaluateSpec& v) {
  std::set<std::string> names;
  const SpecNode& suites = *t.block.find("suites");
  for (std::size_t i = 0; i < v.suites.size(); ++i) {
    const auto& suite = v.suites[i];
    const SpecNode& node = suites.items[i];
    const std::string name = "suites[" + std::to_string(i) + "]";
    if (!names.insert(suite.name).second)
      t.error(node, name, "has the name of an earlier suite: \"" + suite.name + "\"");
    if ((suite.format == "pairs") != (suite.kind == "generate"))
      t.error(t.key_in(node, suite.format == "pairs" ? "format" : "kind"), name,
              "must pair kind generate with format pairs");
  }
}

void check_block(const TaskPlace& t, const ForgettingSpec& v) {
  if (v.base == v.candidate) t.error(t.at("candidate"), "candidate", "is the same as base");
  const TaskSpec* base = v.base.output.empty() ? t.job.find(v.base.task) : nullptr;
  const auto* evaluate = base ? std::get_if<EvaluateSpec>(&base->block) : nullptr;
  const SpecNode* suites = t.block.find("suites");
  if (evaluate == nullptr || suites == nullptr) return;
  std::vector<std::string> names;
  for (const auto& suite : evaluate->suites) names.push_back(suite.name);
  for (const auto& item : suites->items)
    if (std::find(names.begin(), names.end(), item.text) == names.end()) {
      const auto near = t.errors.nearest(item.text, names);
      t.error(item, "suites",
              "names no suite of " + base->name + ": \"" + item.text + "\"" + meant(near),
              near.value_or(""));
    }
}

void check_block(const TaskPlace&, const PrepareSpec&) {}
void check_block(const TaskPlace&, const CheckpointSpec&) {}
void check_block(const TaskPlace& t, const CommandSpec& v) {
  if (v.argv[0].empty()) t.error(t.at("argv"), "argv[0]", "is empty; it names the program");
  for (const auto& key : t.block.find("env") ? t.block.find("env")->keys : std::vector<SpecNode>())
    if (key.text.find('=') != std::string::npos)
      t.error(key, "env", "has a variable with \"=\" in its name");
}

void check_sound_task(const TaskPlace& t) {
  if (t.task.ranks.min > t.task.ranks.max)
    t.errors.add(t.key_in(t.node, "ranks"), t.path + ".ranks has min above max");
  std::visit([&](const auto& block) { check_block(t, block); }, t.task.block);
}

bool is_sound(const SpecNode& node) {
  SpecErrors scratch("");
  const SpecShape& shape = field_shape(job_shape(), "tasks")->parts[0];
  check_shape(node, shape, "", node, scratch);
  return scratch.empty();
}

}  // namespace

void check_rules(const SpecNode& root, const JobSpec& job, SpecErrors& errors) {
  const SpecNode* tasks = root.find("tasks");
  if (tasks == nullptr || job.tasks.size() > limits::kTasksPerJobMax) return;
  const SpecNode none;
  for (std::size_t i = 0; i < job.tasks.size(); ++i) {
    const TaskSpec& task = job.tasks[i];
    const SpecNode* block = tasks->items[i].find(task_kind_name(task.kind()));
    const TaskPlace place{
        job,   task, tasks->keys[i], tasks->items[i], block ? *block : none, "tasks." + task.name,
        errors};
    check_needs(place);
    check_references(place);
    if (is_sound(tasks->items[i])) check_sound_task(place);
  }
  const auto cycle = find_cycle(job);
  if (cycle.size() < 3) return;  // a task that needs itself was told above
  std::string text;
  for (const auto& name : cycle) text += (text.empty() ? "" : " → ") + name;
  for (const auto& key : tasks->keys)
    if (key.text == cycle[0]) return errors.add(key, "tasks need each other in a circle: " + text);
}

}  // namespace orch::protocol
