#include <type_traits>
#include <variant>

#include "jobs/tasks.h"
#include "protocol/spec_parse.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {

Result<void> run_task(const Clock& clock, RankLink& link) {
  const protocol::RankStart& start = link.start();
  const protocol::SpecResult parsed = protocol::parse_spec(start.spec, "spec of job", start.set);
  if (!parsed.ok()) return parsed.error();
  const protocol::TaskSpec* task = parsed.spec->find(start.id.task.task);
  if (!task) return not_found("task " + start.id.task.task + " is not in the spec of its job");
  return std::visit(
      [&](const auto& block) -> Result<void> {
        using Block = std::decay_t<decltype(block)>;
        if constexpr (std::is_same_v<Block, protocol::PrepareSpec>)
          return run_prepare(block, link);
        else if constexpr (std::is_same_v<Block, protocol::PretrainSpec>)
          return run_pretrain(block, clock, link);
        else if constexpr (std::is_same_v<Block, protocol::InstructSpec>)
          return run_instruct(block, clock, link);
        else if constexpr (std::is_same_v<Block, protocol::CheckpointSpec>)
          return run_checkpoint(block, link);
        else if constexpr (std::is_same_v<Block, protocol::EvaluateSpec>)
          return run_evaluate(block, link);
        else if constexpr (std::is_same_v<Block, protocol::ForgettingSpec>)
          return run_forgetting(block, link);
        else
          return invalid("task " + task->name + ": a command is not run by orch-rank");
      },
      task->block);
}

Result<void> commit_output(RankLink& link, const std::string& artifact_kind) {
  const std::string& out = link.start().out_directory;
  ORCH_ASSIGN(const storage::Manifest manifest, storage::seal_directory(out, artifact_kind));
  return link.commit({.kind = "result",
                      .artifact_kind = artifact_kind,
                      .path = out,
                      .digest = manifest.digest,
                      .step = 0,
                      .steps = 0,
                      .ledger_hash = {}});
}

}  // namespace orch::jobs
