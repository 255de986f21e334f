// Broken specs: each error with its line and column, and all errors of a file at once.
#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/random.h"
#include "protocol/error_text.h"
#include "protocol/spec_parse.h"
#include "tests/protocol/spec_text.h"

namespace orch::protocol {
namespace {

struct Expected {
  int line, column;
  std::string part;  ///< of the message
};

void expect_errors(std::string_view yaml, const std::vector<Expected>& expected,
                   const std::map<std::string, std::string>& set = {}) {
  const SpecResult result = parse_spec(yaml, "job.yaml", set);
  ASSERT_FALSE(result.ok());
  const std::string all = error_text(result.error());
  ASSERT_EQ(result.errors.size(), expected.size()) << all;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.errors[i].line, expected[i].line) << all;
    EXPECT_EQ(result.errors[i].column, expected[i].column) << all;
    EXPECT_NE(result.errors[i].what.find(expected[i].part), std::string::npos) << all;
  }
}

std::string with_task(const std::string& task) { return "version: 1\nname: a\ntasks:\n" + task; }
const char* const kData =
    "  data: {prepare: {tokenizer: t.json, sources: {general: {files: [g]}}}}\n";

TEST(SpecBroken, UnknownKeyNamesTheNearest) {
  expect_errors(with_task("  t:\n    rnaks: 2\n    command: {argv: [a]}\n"),
                {{5, 5, "unknown key \"rnaks\" in tasks.t; did you mean \"ranks\"?"}});
}
TEST(SpecBroken, UnknownKeyWithoutNeighbourListsTheValidOnes) {
  expect_errors("version: 1\nname: a\nzzzzzz: 1\ntasks: {t: {command: {argv: [a]}}}\n",
                {{3, 1, "valid keys: version, name, queue"}});
}
TEST(SpecBroken, WrongType) {
  expect_errors(
      with_task("  t:\n    ranks: many\n    command: {argv: a}\n"),
      {{5, 12, "tasks.t.ranks must be an integer from 1 to 4096, found the string \"many\""},
       {6, 21, "tasks.t.command.argv must be a list, found the string \"a\""}});
}
TEST(SpecBroken, QuotedNumberIsAString) {
  expect_errors(with_task("  t: {ranks: \"2\", command: {argv: [a]}}\n"),
                {{4, 14, "found the string \"2\""}});
}
TEST(SpecBroken, UnquotedNumberIsNoString) {
  expect_errors("version: 1\nname: a\nnote: 5\ntasks: {t: {command: {argv: [a]}}}\n",
                {{3, 7, "note must be a string, found the number 5"}});
}
TEST(SpecBroken, MissingKeys) {
  expect_errors("tasks: {t: {pretrain: {model: {}}}}\n",
                {{1, 1, "lacks the key \"version\""},
                 {1, 1, "lacks the key \"name\""},
                 {1, 13, "tasks.t.pretrain lacks the key \"data\""},
                 {1, 13, "lacks the key \"steps\""},
                 {1, 13, "lacks the key \"mixture\""}});
}
TEST(SpecBroken, OutOfRange) {
  expect_errors(
      with_task("  t: {ranks: 5000, grace: 5 s, resources: {memory: 1GB}, command: {argv: []}}\n"),
      {{4, 14, "from 1 to 4096"},
       {4, 27, "a duration such as"},
       {4, 52, "a size such as 512MiB"},
       {4, 74, "must have 1 to 4096 items"}});
}
TEST(SpecBroken, NoKindOrTwoKinds) {
  expect_errors(with_task("  t: {ranks: 2}\n  u: {command: {argv: [a]}, checkpoint: {from: x}}\n"),
                {{4, 3, "tasks.t needs exactly one kind block"},
                 {5, 29, "has two kinds, command and checkpoint"}});
}
TEST(SpecBroken, MisspeltKindIsOneError) {
  expect_errors(with_task("  t: {comand: {argv: [a]}}\n"), {{4, 7, "did you mean \"command\"?"}});
}
TEST(SpecBroken, Cycle) {
  expect_errors(with_task("  a: {needs: [c], command: {argv: [a]}}\n"
                          "  b: {needs: [a], command: {argv: [a]}}\n"
                          "  c: {needs: [b], command: {argv: [a]}}\n"),
                {{4, 3, "tasks need each other in a circle: a → c → b → a"}});
}
TEST(SpecBroken, TaskThatNeedsItself) {
  expect_errors(with_task("  a: {needs: [a], command: {argv: [a]}}\n"),
                {{4, 15, "tasks.a needs itself"}});
}
TEST(SpecBroken, NeedsAndReferencesToNothing) {
  expect_errors(with_task("  base: {needs: [bsae2], command: {argv: [a]}}\n"
                          "  e:\n    evaluate:\n      checkpoint: \"@bse\"\n"
                          "      suites: [{name: s, data: \"@zzz\"}]\n"),
                {{4, 18, "names no task: \"bsae2\""},
                 {7, 19, "refers to no task: \"@bse\"; did you mean \"base\"?"},
                 {8, 32, "tasks.e.evaluate.suites[0].data refers to no task: \"@zzz\""}});
}
TEST(SpecBroken, ArtifactOfAWrongKind) {
  expect_errors(
      with_task(std::string(kData) +
                "  c: {evaluate: {checkpoint: \"@data\", suites: [{name: s, data: x}]}}\n"),
      {{5, 30, "cannot use the artifact of data, a task of kind prepare"}});
}
TEST(SpecBroken, DuplicateKey) {
  expect_errors(with_task("  t: {command: {argv: [a]}}\n  t: {command: {argv: [b]}}\n"),
                {{5, 3, "duplicate key \"t\" in tasks, first at line 4"}});
}
TEST(SpecBroken, TooLarge) {
  const std::string yaml = "version: 1\n#" + std::string(limits::kSpecBytesMax, 'x');
  expect_errors(yaml, {{0, 0, "at most 1048576 are allowed"}});
}
TEST(SpecBroken, TooDeep) {
  const std::string yaml = "version: 1\nname: a\ntasks: " + std::string(1000, '[');
  const SpecResult result = parse_spec(yaml, "job.yaml");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.errors[0].line, 3);
  const std::string closed = "name: " + std::string(100, '[') + std::string(100, ']');
  const SpecResult deep = parse_spec(closed, "job.yaml");
  ASSERT_FALSE(deep.ok());
  EXPECT_NE(error_text(deep.error()).find("nested deeper than 32 levels, job.yaml:1:38"),
            std::string::npos)
      << error_text(deep.error());
}
TEST(SpecBroken, AliasesAnchorsAndTags) {
  expect_errors(
      "version: 1\nname: &n a\nqueue: *n\nlabels: {a: !!str b}\ntasks: {t: {command: {argv: "
      "[a]}}}\n",
      {{2, 7, "anchors are not allowed"},
       {3, 1, "queue must be a name"},
       {3, 8, "aliases are not allowed"},
       {4, 13, "tags are not allowed"}});
}
TEST(SpecBroken, NotYaml) {
  expect_errors("version: 1\nname: [a\ntasks: {", {{3, 6, "not YAML"}});
  expect_errors("version: 1\n\tname: a\n", {{2, 1, "not YAML"}});
}
TEST(SpecBroken, UnquotedVariableInBracesSaysHowToQuoteIt) {
  const SpecResult result =
      parse_spec("version: 1\nname: a\nlabels: {x: ${y}, z: b}\n", "job.yaml");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.errors[0].line, 3);
  EXPECT_EQ(result.errors[0].hint, "inside { } a variable needs quotes: \"${y}\"");
}
TEST(SpecBroken, NotUtf8) {
  expect_errors(std::string("version: 1\nname: a\xff\n"), {{2, 8, "not UTF-8 text"}});
  expect_errors(std::string("version: 1\nna\0me: a\n", 20), {{2, 3, "not UTF-8 text"}});
  expect_errors(
      "\x7f"
      "ELF\x02\x01\x01",
      {{1, 1, "not UTF-8 text"}});
}
TEST(SpecBroken, EmptyOrNotAMap) {
  expect_errors("", {{0, 0, "the spec is empty"}});
  expect_errors("# only a comment\n", {{0, 0, "the spec is empty"}});
  expect_errors("- a\n", {{1, 1, "the spec must be a map, found a list"}});
}
TEST(SpecBroken, TwoDocuments) {
  expect_errors("version: 1\nname: a\ntasks: {t: {command: {argv: [a]}}}\n---\nversion: 1\n",
                {{0, 0, "more than one YAML document"}});
}
TEST(SpecBroken, Variables) {
  expect_errors(
      "version: 1\nname: a\nvars: {steps: 1}\ntasks:\n  t: {ranks: \"${stpes}\", command: {argv: "
      "[\"${\"]}}\n",
      {{0, 0, "unknown variable \"step\" in --set; did you mean \"steps\"?"},
       {5, 14, "unknown variable \"stpes\" in \"${stpes}\"; did you mean \"steps\"?"},
       {5, 14, "tasks.t.ranks must be"},
       {5, 43, "write $${ for a literal"}},
      {{"step", "2"}});
}
TEST(SpecBroken, TrainingRules) {
  expect_errors(
      with_task(std::string(kData) +
                "  p:\n    ranks: 8\n    pretrain:\n      data: \"@data\"\n      steps: 10\n"
                "      model: {num_attention_heads: 3, num_key_value_heads: 2}\n"
                "      checkpoint: x\n      shards: 3\n      mixture: {genral: 1}\n"),
      {{6, 5, "ranks can be at most shards (3)"},
       {10, 7, "needs exactly one of checkpoint and model"},
       {10, 15, "must divide hidden_size, or set head_dim"},
       {10, 39, "must divide num_attention_heads"},
       {12, 7, "must be a power of two"},
       {13, 17, "names no source of data: \"genral\"; did you mean \"general\"?"}});
}
TEST(SpecBroken, EvaluationRules) {
  expect_errors(with_task("  e: {evaluate: {checkpoint: m, suites: [{name: s, data: x}, {name: s, "
                          "data: y, kind: generate}]}}\n"
                          "  f: {forgetting: {base: \"@e\", candidate: \"@e\", suites: [ss]}}\n"),
                {{4, 62, "has the name of an earlier suite"},
                 {4, 81, "must pair kind generate with format pairs"},
                 {5, 32, "is the same as base"},
                 {5, 58, "names no suite of e: \"ss\"; did you mean \"s\"?"}});
}
TEST(SpecBroken, TooManyErrorsAreCounted) {
  std::string yaml = "version: 1\nname: a\ntasks:\n";
  for (int i = 0; i < 150; ++i)
    yaml += "  t" + std::to_string(i) + ": {x: 1, command: {argv: [a]}}\n";
  const SpecResult result = parse_spec(yaml, "job.yaml");
  EXPECT_EQ(result.errors.size(), limits::kSpecErrorsMax + 1);
  EXPECT_EQ(result.errors.back().what, "and 50 more errors");
}
TEST(SpecBroken, PrintsAsTheContractSays) {
  const SpecResult result =
      parse_spec("version: 1\nnmae: a\ntasks: {t: {command: {argv: [a]}}}\n", "x.yaml");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(error_text(result.error()),
            "error: the spec lacks the key \"name\" (a name ([a-z0-9][a-z0-9._-]*, not all "
            "digits)), x.yaml:1:1\n"
            "error: unknown key \"nmae\" in the spec; did you mean \"name\"?, x.yaml:2:1\n"
            "  try: name\n");
}
/// Each took minutes or gigabytes from some parser; here the test's own time limit would tell.
TEST(SpecBroken, HostileSpecsAreCheap) {
  const auto repeat = [](std::string_view text) {
    std::string out;
    while (out.size() + text.size() < limits::kSpecBytesMax) out += text;
    return out;
  };
  for (const char* text :
       {"[", "{", "{a: ", "- ", "? ", "a: ", "[],", "&a ", "*a ", "'a' ", "\"", "!a "})
    EXPECT_FALSE(parse_spec(repeat(text), "x.yaml").ok()) << text;
  std::string vars = "version: 1\nname: a\nvars: {";
  for (int i = 0; i < 5000; ++i) vars += "v" + std::to_string(i) + std::string(90, 'x') + ": 1,";
  vars += "}\nnote: \"";
  for (int i = 0; i < 50'000; ++i) vars += "${w}";
  EXPECT_FALSE(parse_spec(vars + "\"\n", "x.yaml").ok());
  std::string needs = "version: 1\nname: a\ntasks:\n";
  for (int i = 0; i < 900; ++i) {
    needs += "  t" + std::to_string(i) + ": {needs: [";
    for (int j = 0; j < 90; ++j) needs += "u" + std::to_string(j) + ",";
    needs += "], command: {argv: [a]}}\n";
  }
  EXPECT_EQ(parse_spec(needs, "x.yaml").errors.size(), limits::kSpecErrorsMax + 1);
}
TEST(SpecBroken, DamagedSpecsNeverCrash) {
  SeededRandom random(20250701);
  const std::string good = kFullSpec;
  int accepted = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string yaml = good;
    for (std::uint64_t k = 1 + random.below(4); k > 0; --k) {
      const std::size_t at = random.below(yaml.size());
      switch (random.below(5)) {
        case 0:
          yaml[at] = static_cast<char>(random.below(256));
          break;
        case 1:
          yaml.erase(at, 1 + random.below(20));
          break;
        case 2:
          yaml.insert(at, yaml.substr(random.below(yaml.size()), random.below(60)));
          break;
        case 3:
          yaml.insert(at, 1, "[]{}:,-#&*!|>'\"%@`\n\t $"[random.below(23)]);
          break;
        default:
          yaml.resize(at);
          break;
      }
      if (yaml.empty()) yaml = "x";
    }
    const SpecResult result = parse_spec(yaml, "fuzz.yaml");
    EXPECT_NE(result.ok(), !result.errors.empty());
    accepted += result.ok() ? 1 : 0;
  }
  EXPECT_LT(accepted, 1500);
}

}  // namespace
}  // namespace orch::protocol
