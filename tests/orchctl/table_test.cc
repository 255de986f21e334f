#include "orchctl/table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "orchctl/records.h"

namespace orch::orchctl {
namespace {

TEST(Table, AlignsColumnsAndDropsTrailingSpaces) {
  Table table({"JOB", "NAME", "REASON"});
  table.add({"1", "hello", ""});
  table.add({"12", "b", "waits"});
  EXPECT_EQ(table.text(0), "JOB  NAME   REASON\n1    hello\n12   b      waits\n");
}

TEST(Table, CutsTheWidestCellToFitTheTerminal) {
  Table table({"A", "LONG"});
  table.add({"1", std::string(100, 'x')});
  const std::string text = table.text(20);
  const std::string row = text.substr(text.find('\n') + 1);
  EXPECT_EQ(characters(row), 21u) << "20 columns and the line feed";
  EXPECT_NE(row.find("…"), std::string::npos);
}

TEST(Table, CountsCharactersNotBytes) {
  EXPECT_EQ(characters("−25.2 → é"), 9u);
  EXPECT_EQ(padded("é", 3), "é  ");
}

TEST(Table, NeverPrintsControlCharacters) {
  Table table({"A"});
  table.add({"\033[31mred\n"});
  EXPECT_EQ(table.text(0), "A\n?[31mred?\n");
}

TEST(Records, AttemptsCarryTheNamesOfTheContract) {
  protocol::AttemptInfo attempt;
  attempt.id = {{JobId{42}, "base"}, Attempt{3}};
  attempt.state = protocol::State::kFailed;
  attempt.failure = protocol::Failure::kSignal;
  attempt.ranks = {{1, "worker-0", 77}};
  const auto json = to_json(attempt);
  EXPECT_EQ(json["job"], 42);
  EXPECT_EQ(json["task"], "base");
  EXPECT_EQ(json["attempt"], 3);
  EXPECT_EQ(json["state"], "failed");
  EXPECT_EQ(json["failure"], "signal");
  EXPECT_EQ(json["ranks"][0]["rank"], 1);
  EXPECT_EQ(json["ranks"][0]["worker"], "worker-0");
  EXPECT_EQ(json["ranks"][0]["pid"], 77);
}

TEST(Records, TasksCarryTheNamesOfTheContract) {
  protocol::TaskInfo task;
  task.task = {JobId{1}, "base"};
  task.kind = "pretrain";
  task.artifact = "abc";
  task.ledger_hash = "def";
  const auto json = to_json(task);
  for (const char* key : {"job", "task", "kind", "state", "attempt", "artifact", "ledger_hash"})
    EXPECT_TRUE(json.contains(key)) << key;
}

}  // namespace
}  // namespace orch::orchctl
