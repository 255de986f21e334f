#include "protocol/spec.h"

namespace orch::protocol {

const char* task_kind_name(TaskKind kind) {
  switch (kind) {
    case TaskKind::kPrepare:
      return "prepare";
    case TaskKind::kPretrain:
      return "pretrain";
    case TaskKind::kInstruct:
      return "instruct";
    case TaskKind::kCheckpoint:
      return "checkpoint";
    case TaskKind::kEvaluate:
      return "evaluate";
    case TaskKind::kForgetting:
      return "forgetting";
    case TaskKind::kCommand:
      return "command";
  }
  return "unknown";
}

const TaskSpec* JobSpec::find(const std::string& task) const {
  for (const auto& candidate : tasks)
    if (candidate.name == task) return &candidate;
  return nullptr;
}

}  // namespace orch::protocol
