// lineage, export: artifacts, where they came from and what was made of them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/file.h"
#include "orchctl/records.h"
#include "orchctl/session.h"
#include "orchctl/verbs.h"

namespace orch::orchctl {
namespace {

using Json = nlohmann::ordered_json;
using protocol::ArtifactInfo;
using protocol::ListKind;

/// The artifacts a name stands for: a digest prefix, "name:tag", JOB/TASK (its result), or JOB (all
/// its results).
Result<std::vector<ArtifactInfo>> named(Session& session, const std::string& name) {
  auto tasks = session.list(ListKind::kTasks, name);
  if (!tasks.ok() && tasks.error().code != Code::kNotFound) return tasks.error();
  std::set<std::string> digests;
  if (tasks.ok()) {
    for (const auto& task : tasks->tasks) {
      if (!task.artifact.empty()) digests.insert(task.artifact);
    }
    if (digests.empty() && !tasks->tasks.empty())
      return not_found(name + " has made no artifact yet",
                       "orchctl explain " + name.substr(0, name.find('/')));
  }
  if (digests.empty()) digests.insert(name.starts_with("sha:") ? name.substr(4) : name);
  std::vector<ArtifactInfo> found;
  for (const std::string& digest : digests) {
    ORCH_ASSIGN(auto list, session.list(ListKind::kArtifacts, digest));
    found.insert(found.end(), list.artifacts.begin(), list.artifacts.end());
  }
  if (found.empty())
    return not_found("there is no job, task or artifact named " + name, "orchctl get artifacts");
  return found;
}

class Tree {
 public:
  explicit Tree(std::vector<ArtifactInfo> all) {
    for (ArtifactInfo& artifact : all) {
      for (const std::string& input : artifact.inputs) children_[input].push_back(artifact.digest);
      by_digest_.emplace(artifact.digest, std::move(artifact));
    }
  }

  void print(const std::string& digest) const {
    std::printf("%s\n", line(digest).c_str());
    std::printf("made from\n");
    walk(digest, 1, true);
    std::printf("used by\n");
    walk(digest, 1, false);
  }

 private:
  std::vector<std::string> next(const std::string& digest, bool up) const {
    if (up) {
      const auto found = by_digest_.find(digest);
      return found == by_digest_.end() ? std::vector<std::string>{} : found->second.inputs;
    }
    const auto found = children_.find(digest);
    return found == children_.end() ? std::vector<std::string>{} : found->second;
  }

  void walk(const std::string& digest, int depth, bool up) const {
    for (const std::string& other : next(digest, up)) {
      std::printf("%*s%s\n", depth * 2, "", line(other).c_str());
      if (depth < kDepthMax) walk(other, depth + 1, up);
    }
  }

  std::string line(const std::string& digest) const {
    const auto found = by_digest_.find(digest);
    if (found == by_digest_.end()) return digest.substr(0, kDigestShown);
    const ArtifactInfo& artifact = found->second;
    std::string text = digest.substr(0, kDigestShown) + "  " + artifact.kind;
    if (artifact.made_by.task.job) text += "  by " + artifact.made_by.text();
    if (artifact.step > 0) text += "  step " + std::to_string(artifact.step);
    return text;
  }

  static constexpr int kDepthMax = 32;
  std::map<std::string, ArtifactInfo> by_digest_;
  std::map<std::string, std::vector<std::string>> children_;
};

}  // namespace

int lineage(Session& session) {
  const Options& options = session.options();
  auto roots = named(session, options.name);
  if (!roots.ok()) return fail(options, roots.error());
  auto all = session.list(ListKind::kArtifacts);
  if (!all.ok()) return fail(options, all.error());
  if (options.output != Output::kTable) {
    Json artifacts = Json::array();
    for (const auto& artifact : all->artifacts) artifacts.push_back(to_json(artifact));
    Json digests = Json::array();
    for (const auto& root : *roots) digests.push_back(root.digest);
    print_record(options.output,
                 {{"roots", std::move(digests)}, {"artifacts", std::move(artifacts)}});
    return kExitDone;
  }
  const Tree tree(std::move(all->artifacts));
  for (const auto& root : *roots) tree.print(root.digest);
  return kExitDone;
}

int export_artifact(Session& session) {
  namespace fs = std::filesystem;
  const Options& options = session.options();
  auto found = named(session, options.name);
  if (!found.ok()) return fail(options, found.error());
  if (found->size() != 1) {
    return fail(options, invalid(options.name + " names " + std::to_string(found->size()) +
                                     " artifacts, one was expected",
                                 "orchctl get artifacts"));
  }
  if (file_exists(options.directory)) {
    return fail(options,
                conflict(options.directory + " is there already",
                         "orchctl export " + options.name + " " + options.directory + ".new"));
  }
  const std::string temporary = options.directory + ".part";
  std::error_code code;
  fs::remove_all(temporary, code);
  fs::copy(found->front().path, temporary, fs::copy_options::recursive, code);
  if (!code) fs::rename(temporary, options.directory, code);
  if (code) {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
    return fail(options,
                system_error("cannot copy " + found->front().path + " to " + options.directory,
                             code.value()));
  }
  if (!options.quiet)
    std::printf("%s  %s\n", found->front().digest.c_str(), options.directory.c_str());
  return kExitDone;
}

}  // namespace orch::orchctl
