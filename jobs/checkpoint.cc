// checkpoint: verify (every digest, every tensor) or export (a plain Hugging Face directory without
// Orch's sidecars).

#include <string>

#include "base/file.h"
#include "jobs/checkpoint/model_directory.h"
#include "jobs/optim/ledger.h"
#include "jobs/tasks.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {
namespace {

Result<void> verify(const std::string& from, const std::string& out) {
  ORCH_ASSIGN(const storage::Manifest manifest, storage::verify_directory(from));
  ORCH_ASSIGN(const checkpoint::LoadedModel loaded, checkpoint::load_model(from));
  std::string step = "null", hash;
  if (const std::string ledger = join_path(from, "orch/ledger.jsonl"); file_exists(ledger)) {
    ORCH_ASSIGN(const std::vector<optim::LedgerLine> lines, optim::read_ledger(ledger));
    step = std::to_string(lines.size());
    if (!lines.empty()) hash = lines.back().hash;
  }
  const std::string text = "{\"digest\": \"" + manifest.digest +
                           "\", \"files\": " + std::to_string(manifest.files.size()) +
                           ", \"tensors\": " + std::to_string(loaded.layout.parameters.size()) +
                           ", \"step\": " + step + ", \"ledger_hash\": \"" + hash +
                           "\", \"verified\": true}\n";
  return write_file_atomic(join_path(out, "verified.json"), text);
}

Result<void> export_model(const std::string& from, const std::string& out) {
  ORCH_TRY(checkpoint::load_model(from));  // verifies before anything is copied
  ORCH_ASSIGN(const std::vector<std::string> files, list_files_recursive(from));
  for (const std::string& file : files) {
    if (file.starts_with("orch/")) continue;
    ORCH_ASSIGN(const std::string bytes, read_file(join_path(from, file), std::uint64_t{1} << 40));
    const std::string target = join_path(out, file);
    ORCH_TRY(make_directories(target.substr(0, target.rfind('/'))));
    ORCH_TRY(write_file_atomic(target, bytes));
  }
  return {};
}

}  // namespace

Result<void> run_checkpoint(const protocol::CheckpointSpec& spec, RankLink& link) {
  if (link.rank() != 0) return {};
  ORCH_ASSIGN(const std::string from, link.resolve(spec.from));
  const std::string& out = link.start().out_directory;
  if (spec.action == "export") {
    ORCH_TRY(export_model(from, out));
    return commit_output(link, "checkpoint");
  }
  if (spec.action != "verify")
    return invalid("checkpoint.action: " + spec.action + ": expected verify or export");
  ORCH_TRY(verify(from, out));
  return commit_output(link, "report");
}

}  // namespace orch::jobs
