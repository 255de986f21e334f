#include "protocol/spec_parse.h"

#include "base/limits.h"
#include "protocol/error_text.h"
#include "protocol/spec_check.h"

namespace orch::protocol {
namespace {

/// The references of one task, in the order in which the spec's documentation lists the keys.
class ReferenceList {
 public:
  void add(std::string place, const Reference& reference) {
    if (!reference.text.empty()) list_.emplace_back(std::move(place), reference);
  }
  void add(std::string place, const std::optional<Reference>& reference) {
    if (reference) add(std::move(place), *reference);
  }
  void add(const std::string& place, const std::vector<Reference>& references) {
    for (std::size_t i = 0; i < references.size(); ++i)
      add(place + "[" + std::to_string(i) + "]", references[i]);
  }
  void block(const PrepareSpec& v) {
    if (v.train_tokenizer) add("prepare.tokenizer.train.files", v.train_tokenizer->files);
    add("prepare.tokenizer", v.tokenizer);
    for (const auto& source : v.sources)
      add("prepare.sources." + source.name + ".files", source.files);
  }
  void block(const PretrainSpec& v) { train("pretrain", v.train); }
  void block(const InstructSpec& v) {
    train("instruct", v.train);
    add("instruct.rows", v.rows);
  }
  void block(const CheckpointSpec& v) { add("checkpoint.from", v.from); }
  void block(const EvaluateSpec& v) {
    add("evaluate.checkpoint", v.checkpoint);
    for (std::size_t i = 0; i < v.suites.size(); ++i)
      add("evaluate.suites[" + std::to_string(i) + "].data", v.suites[i].data);
  }
  void block(const ForgettingSpec& v) {
    add("forgetting.base", v.base);
    add("forgetting.candidate", v.candidate);
    for (std::size_t i = 0; i < v.baselines.size(); ++i)
      add("forgetting.baselines[" + std::to_string(i) + "]", v.baselines[i]);
  }
  void block(const CommandSpec&) {}
  std::vector<std::pair<std::string, Reference>> take() { return std::move(list_); }

 private:
  void train(const std::string& kind, const TrainSpec& v) {
    add(kind + ".checkpoint", v.checkpoint);
    add(kind + ".data", v.data);
  }
  std::vector<std::pair<std::string, Reference>> list_;
};

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<Reference> parse_task_reference(const std::string& text) {
  Reference out{Reference::Kind::kTask, text, {}, {}};
  const std::size_t slash = std::min(text.find('/'), text.size());
  out.task = text.substr(1, slash - 1);
  out.output = slash < text.size() ? text.substr(slash + 1) : "";
  if (!is_valid_name(out.task)) return invalid("\"" + text + "\" does not name a task after \"@\"");
  const std::string guarded = "/" + out.output + "/";
  if (guarded.find("/../") != std::string::npos || out.output.starts_with('/'))
    return invalid("\"" + text + "\" leaves the artifact");
  return out;
}

}  // namespace

Error SpecError::error() const {
  std::string where = file;
  if (line > 0) where += ":" + std::to_string(line) + ":" + std::to_string(column);
  return invalid(where.empty() ? what : what + ", " + where, hint);
}

Error SpecResult::error() const {
  ORCH_CHECK(!errors.empty(), "a good spec has no error");
  std::string text;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const Error one = errors[i].error();
    text += (i == 0 ? "" : "\n") + one.message;
    if (!one.hint.empty()) text += "\n  try: " + one.hint;
  }
  return invalid(std::move(text));
}

Result<Reference> parse_reference(const std::string& text) {
  if (text.empty() || text.size() > limits::kPathBytesMax || text.find('\n') != std::string::npos)
    return invalid("a reference is one line of 1 to " + std::to_string(limits::kPathBytesMax) +
                   " bytes");
  if (text[0] == '@') return parse_task_reference(text);
  if (text.starts_with("sha:")) {
    const std::string digest = text.substr(4);
    if (digest.size() < 6 || digest.size() > 64 || !is_hexadecimal(digest))
      return invalid("\"" + text + "\" is no digest: sha: and 6 to 64 hexadecimal digits");
    return Reference{Reference::Kind::kDigest, text, {}, {}};
  }
  const std::size_t colon = text.find(':');
  const bool is_tag = colon != std::string::npos && is_valid_name(text.substr(0, colon)) &&
                      is_valid_name(text.substr(colon + 1));
  return Reference{is_tag ? Reference::Kind::kTag : Reference::Kind::kPath, text, {}, {}};
}

std::vector<std::pair<std::string, Reference>> references_of(const TaskSpec& task) {
  ReferenceList list;
  std::visit([&](const auto& block) { list.block(block); }, task.block);
  return list.take();
}

Result<std::pair<std::string, std::string>> parse_set_option(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return invalid("--set \"" + text + "\" is not name=value", "--set steps=400");
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

SpecResult parse_spec(std::string_view yaml, const std::string& file,
                      const std::map<std::string, std::string>& set) {
  SpecErrors errors(file);
  SpecResult result;
  SpecNode root = read_spec_tree(yaml, errors);
  if (root.kind == SpecNode::Kind::kNull && !errors.empty()) {
    result.errors = std::move(errors).sorted();
    return result;
  }
  auto vars = substitute_variables(root, set, errors);
  SpecNode top;
  check_shape(root, job_shape(), "", top, errors);
  JobSpec job = build_job(root, std::move(vars));
  check_rules(root, job, errors);
  if (errors.empty())
    result.spec = std::move(job);
  else
    result.errors = std::move(errors).sorted();
  return result;
}

}  // namespace orch::protocol
