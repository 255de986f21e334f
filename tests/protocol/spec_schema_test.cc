// The JSON Schema and the parser come from one table; here they meet on documents.
#include <gtest/gtest.h>

#include "base/file.h"
#include "protocol/error_text.h"
#include "protocol/spec_parse.h"
#include "tests/protocol/json_schema.h"
#include "tests/protocol/spec_text.h"

namespace orch::protocol {
namespace {

nlohmann::json schema() { return nlohmann::json::parse(spec_json_schema()); }

std::string violation(std::string_view yaml) {
  return schema_violation(schema(), yaml_as_json(yaml));
}

TEST(SpecSchema, IsDraft7AndDescribesEveryKey) {
  const auto s = schema();
  EXPECT_EQ(s["$schema"], "http://json-schema.org/draft-07/schema#");
  for (const auto& [key, property] : s["properties"].items())
    EXPECT_FALSE(property.value("description", "").empty()) << key;
  const auto& task = s["properties"]["tasks"]["additionalProperties"]["properties"];
  for (const auto& [key, property] : task.items())
    EXPECT_FALSE(property.value("description", "").empty()) << key;
  EXPECT_EQ(task["pretrain"]["properties"]["optimizer"]["properties"].size(), 8u);
}

TEST(SpecSchema, AcceptsWhatTheParserAccepts) { EXPECT_EQ(violation(kFullSpec), ""); }

TEST(SpecSchema, ExamplesFitSchemaAndParser) {
  const std::string folder = ORCH_SOURCE_DIR "/examples";
  const auto files = list_directory(folder);
  ASSERT_TRUE(files.ok());
  int count = 0;
  for (const auto& file : *files) {
    if (!file.ends_with(".yaml")) continue;
    ++count;
    const auto text = read_file(join_path(folder, file));
    ASSERT_TRUE(text.ok());
    const SpecResult result = parse_spec(*text, file);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : error_text(result.error()));
    EXPECT_EQ(violation(*text), "") << file;
  }
  EXPECT_GT(count, 0);
}

TEST(SpecSchema, RefusesWhatTheParserRefuses) {
  const std::string head = "version: 1\nname: a\ntasks:\n  t: ";
  for (const char* task : {
           "{command: {argv: []}}",
           "{command: {argv: [a], x: 1}}",
           "{rnaks: 2, command: {argv: [a]}}",
           "{ranks: 0, command: {argv: [a]}}",
           "{ranks: many, command: {argv: [a]}}",
           "{ranks: {min: 1}, command: {argv: [a]}}",
           "{grace: 5 s, command: {argv: [a]}}",
           "{grace: 5, command: {argv: [a]}}",
           "{resources: {memory: 1GB}, command: {argv: [a]}}",
           "{retry: {on: [never]}, command: {argv: [a]}}",
           "{needs: [A], command: {argv: [a]}}",
           "{ranks: 1}",
           "{command: {argv: [a]}, checkpoint: {from: x}}",
           "{checkpoint: {action: verify}}",
           "{forgetting: {base: x, candidate: y, alpha: 0}}",
           "{evaluate: {checkpoint: x, suites: []}}",
           "{pretrain: {data: x, steps: 1}}",
       }) {
    const std::string yaml = head + task + "\n";
    EXPECT_FALSE(parse_spec(yaml, "x.yaml").ok()) << task;
    EXPECT_NE(violation(yaml), "") << task;
  }
}

TEST(SpecSchema, AcceptsVariablesInPlaceOfNumbers) {
  const std::string yaml =
      "version: 1\nname: a\nvars: {n: 2}\ntasks: {t: {ranks: \"${n}\", command: {argv: [a]}}}\n";
  EXPECT_TRUE(parse_spec(yaml, "x.yaml").ok());
  EXPECT_EQ(violation(yaml), "");
}

}  // namespace
}  // namespace orch::protocol
