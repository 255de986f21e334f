#include "protocol/task_graph.h"

#include <algorithm>
#include <map>
#include <set>

namespace orch::protocol {
namespace {

/// needs as indices into job.tasks; names of no task are left out.
std::vector<std::vector<std::size_t>> edges_of(const JobSpec& job) {
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < job.tasks.size(); ++i) index.emplace(job.tasks[i].name, i);
  std::vector<std::vector<std::size_t>> needs(job.tasks.size());
  for (std::size_t i = 0; i < job.tasks.size(); ++i)
    for (const auto& name : job.tasks[i].needs)
      if (const auto it = index.find(name); it != index.end()) needs[i].push_back(it->second);
  return needs;
}

/// Names of everything reachable from `task` along `edges`, in the order of `order`.
std::vector<std::string> reachable(const JobSpec& job,
                                   const std::vector<std::vector<std::size_t>>& edges,
                                   const std::string& task) {
  std::vector<bool> seen(job.tasks.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < job.tasks.size(); ++i)
    if (job.tasks[i].name == task) open.push_back(i);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    for (const std::size_t next : edges[at])
      if (!seen[next]) {
        seen[next] = true;
        open.push_back(next);
      }
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < job.tasks.size(); ++i)
    if (seen[i] && job.tasks[i].name != task) out.push_back(job.tasks[i].name);
  return out;
}

std::vector<std::vector<std::size_t>> reversed(const std::vector<std::vector<std::size_t>>& edges) {
  std::vector<std::vector<std::size_t>> out(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i)
    for (const std::size_t need : edges[i]) out[need].push_back(i);
  return out;
}

}  // namespace

std::vector<std::string> topological_order(const JobSpec& job) {
  const auto needs = edges_of(job);
  const auto dependents = reversed(needs);
  std::vector<std::size_t> missing(needs.size());
  std::set<std::size_t> free;  // by place in the file
  for (std::size_t i = 0; i < needs.size(); ++i) {
    missing[i] = needs[i].size();
    if (missing[i] == 0) free.insert(i);
  }
  std::vector<std::string> order;
  while (!free.empty()) {
    const std::size_t at = *free.begin();
    free.erase(free.begin());
    order.push_back(job.tasks[at].name);
    for (const std::size_t next : dependents[at])
      if (--missing[next] == 0) free.insert(next);
  }
  return order;
}

std::vector<std::string> find_cycle(const JobSpec& job) {
  const auto order = topological_order(job);
  if (order.size() == job.tasks.size()) return {};
  const std::set<std::string> done(order.begin(), order.end());
  const auto needs = edges_of(job);
  const auto on_or_behind_cycle = [&](std::size_t i) { return !done.contains(job.tasks[i].name); };
  std::size_t at = 0;
  while (!on_or_behind_cycle(at)) ++at;
  // Each such task needs another one, so walking along needs must come back to a task seen before.
  std::vector<std::size_t> path;
  for (;;) {
    const bool seen = std::find(path.begin(), path.end(), at) != path.end();
    path.push_back(at);
    if (seen) {
      std::vector<std::string> cycle;
      for (auto i = std::find(path.begin(), path.end(), at); i != path.end(); ++i)
        cycle.push_back(job.tasks[*i].name);
      return cycle;
    }
    at = *std::find_if(needs[at].begin(), needs[at].end(), on_or_behind_cycle);
  }
}

std::vector<std::string> dependents_of(const JobSpec& job, const std::string& task) {
  return reachable(job, reversed(edges_of(job)), task);
}

std::vector<std::string> ancestors_of(const JobSpec& job, const std::string& task) {
  const auto found = reachable(job, edges_of(job), task);
  std::vector<std::string> out;
  for (auto& name : topological_order(job))
    if (std::find(found.begin(), found.end(), name) != found.end()) out.push_back(std::move(name));
  return out;
}

}  // namespace orch::protocol
