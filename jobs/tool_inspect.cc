// orch-tool inspect: what a checkpoint, dataset, ledger or safetensors file holds, for people.

#include <cstdio>
#include <string>

#include "base/file.h"
#include "jobs/checkpoint/safetensors.h"
#include "jobs/data/dataset.h"
#include "jobs/model/config.h"
#include "jobs/optim/ledger.h"
#include "jobs/tool_verbs.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {
namespace {

void row(const char* key, const std::string& value) {
  std::printf("%-14s %s\n", key, value.c_str());
}

Result<void> inspect_ledger(const std::string& path) {
  ORCH_ASSIGN(const std::vector<optim::LedgerLine> lines, optim::read_ledger(path));
  row("ledger", std::to_string(lines.size()) + " steps, chain verified");
  if (lines.empty()) return {};
  const optim::LedgerLine& last = lines.back();
  row("loss", std::to_string(optim::loss_of_bits(lines.front().loss_bits)) + " → " +
                  std::to_string(optim::loss_of_bits(last.loss_bits)));
  row("cursor", std::to_string(last.cursor));
  row("mixture", last.mixture);
  row("build", last.build);
  row("state", last.state);
  row("hash", last.hash);
  return {};
}

Result<void> inspect_tensors(const std::string& path) {
  ORCH_ASSIGN(const auto file, checkpoint::SafetensorsFile::open(path));
  std::int64_t elements = 0;
  for (const checkpoint::TensorInfo& tensor : file.tensors()) elements += tensor.elements();
  row("tensors",
      std::to_string(file.tensors().size()) + ", " + std::to_string(elements) + " elements");
  for (const checkpoint::TensorInfo& tensor : file.tensors())
    std::printf("  %-4s %-16s %s\n", checkpoint::dtype_name(tensor.dtype),
                checkpoint::shape_text(tensor.shape).c_str(), tensor.name.c_str());
  return {};
}

Result<void> inspect_checkpoint(const std::string& directory) {
  const std::string file = join_path(directory, "config.json");
  ORCH_ASSIGN(const std::string text, read_file(file));
  ORCH_ASSIGN(const model::Config config, model::parse_config(text, file));
  row("checkpoint", directory);
  row("model", "llama, " + std::to_string(config.num_hidden_layers) + " layers, hidden " +
                   std::to_string(config.hidden_size) + ", heads " +
                   std::to_string(config.num_attention_heads) + "/" +
                   std::to_string(config.num_key_value_heads) + ", vocabulary " +
                   std::to_string(config.vocab_size));
  if (storage::is_sealed(directory)) {
    ORCH_ASSIGN(const storage::Manifest manifest, storage::verify_directory(directory));
    row("digest", manifest.digest + " (verified)");
  }
  if (const std::string ledger = join_path(directory, "orch/ledger.jsonl"); file_exists(ledger))
    ORCH_TRY(inspect_ledger(ledger));
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(directory));
  for (const std::string& name : names)
    if (name.ends_with(".safetensors")) ORCH_TRY(inspect_tensors(join_path(directory, name)));
  return {};
}

Result<void> inspect_dataset(const std::string& directory) {
  ORCH_ASSIGN(const auto dataset, data::Dataset::open(directory));
  row("dataset", directory);
  row("digest", dataset->digest() + " (verified)");
  row("vocabulary", std::to_string(dataset->vocabulary()));
  for (const data::Source& source : dataset->sources())
    row("source", source.name() + ": " + std::to_string(source.documents()) + " documents, " +
                      std::to_string(source.tokens()) + " tokens");
  return {};
}

Result<void> inspect_folder(const std::string& path) {
  if (file_exists(join_path(path, "config.json"))) return inspect_checkpoint(path);
  if (file_exists(join_path(path, "manifest.json"))) return inspect_dataset(path);
  if (storage::is_sealed(path)) {
    ORCH_ASSIGN(const storage::Manifest manifest, storage::verify_directory(path));
    row("artifact", manifest.kind + ", " + std::to_string(manifest.files.size()) + " files");
    row("digest", manifest.digest + " (verified)");
    for (const auto& file : manifest.files)
      std::printf("  %12llu %s\n", static_cast<unsigned long long>(file.size_bytes),
                  file.path.c_str());
    return {};
  }
  return invalid(path +
                 ": neither a checkpoint (config.json), a dataset (manifest.json) nor an artifact");
}

}  // namespace

Result<int> run_inspect(const InspectOptions& options) {
  const std::string& path = options.path;
  if (!file_exists(path)) return not_found(path + ": no such file or folder");
  if (path.ends_with(".safetensors"))
    ORCH_TRY(inspect_tensors(path));
  else if (path.ends_with(".jsonl"))
    ORCH_TRY(inspect_ledger(path));
  else
    ORCH_TRY(inspect_folder(path));
  return 0;
}

}  // namespace orch::jobs
