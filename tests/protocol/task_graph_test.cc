#include "protocol/task_graph.h"

#include <gtest/gtest.h>

namespace orch::protocol {
namespace {

using Names = std::vector<std::string>;

JobSpec job_of(const std::vector<std::pair<std::string, Names>>& tasks) {
  JobSpec job;
  for (const auto& [name, needs] : tasks) {
    TaskSpec task;
    task.name = name;
    task.needs = needs;
    job.tasks.push_back(task);
  }
  return job;
}

TEST(TaskGraph, OrdersByNeedsThenByFile) {
  const JobSpec job = job_of({{"d", {"b", "c"}}, {"c", {"a"}}, {"b", {"a"}}, {"a", {}}, {"e", {}}});
  EXPECT_EQ(topological_order(job), (Names{"a", "c", "b", "d", "e"}));
  EXPECT_TRUE(find_cycle(job).empty());
}
TEST(TaskGraph, FindsDependentsAndAncestors) {
  const JobSpec job = job_of({{"d", {"b"}}, {"b", {"a"}}, {"a", {}}, {"e", {"a"}}, {"f", {}}});
  EXPECT_EQ(dependents_of(job, "a"), (Names{"d", "b", "e"}));
  EXPECT_EQ(dependents_of(job, "f"), Names{});
  EXPECT_EQ(ancestors_of(job, "d"), (Names{"a", "b"}));
  EXPECT_EQ(ancestors_of(job, "a"), Names{});
}
TEST(TaskGraph, FindsCycleBehindATail) {
  const JobSpec job =
      job_of({{"tail", {"x"}}, {"x", {"y"}}, {"y", {"z"}}, {"z", {"x"}}, {"ok", {}}});
  EXPECT_EQ(find_cycle(job), (Names{"x", "y", "z", "x"}));
  EXPECT_EQ(topological_order(job), Names{"ok"});
}
TEST(TaskGraph, SelfNeedIsACycle) {
  EXPECT_EQ(find_cycle(job_of({{"a", {"a"}}})), (Names{"a", "a"}));
}
TEST(TaskGraph, IgnoresNeedsOfNoTask) {
  EXPECT_EQ(topological_order(job_of({{"a", {"ghost"}}})), Names{"a"});
}

}  // namespace
}  // namespace orch::protocol
