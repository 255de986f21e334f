#include "jobs/checkpoint_folders.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/file.h"
#include "storage/artifact_dir.h"

namespace orch::jobs {
namespace {

constexpr std::string_view kPrefix = "step-";

}  // namespace

std::string checkpoint_directory(const std::string& out, std::int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%06lld", static_cast<long long>(step));
  return join_path(out, name);
}

std::int64_t checkpoint_step(std::string_view name) {
  if (!name.starts_with(kPrefix)) return -1;
  name.remove_prefix(kPrefix.size());
  std::int64_t step = -1;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
  return error == std::errc{} && end == name.data() + name.size() ? step : -1;
}

Result<std::vector<CheckpointRecord>> list_checkpoints(const std::string& out) {
  std::vector<CheckpointRecord> found;
  ORCH_ASSIGN(const std::vector<std::string> names, list_directory(out));
  for (const std::string& name : names) {
    const std::string path = join_path(out, name);
    if (checkpoint_step(name) >= 0 && storage::is_sealed(path))
      found.push_back({checkpoint_step(name), path, "", ""});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  return found;
}

Result<void> remove_checkpoint(const std::string& path) {
  ORCH_TRY(remove_tree(join_path(path, kManifestPath)));
  return remove_tree(path);
}

}  // namespace orch::jobs
